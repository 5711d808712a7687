/**
 * The scripts that change the registry: each change is one of them, so no reader sees half of it. Its keys:
 *
 * agents:lease                zset  instance -> the time (ms) at which its lease ends
 * agents:instance:{instance}  hash  pool, node, conn, attempt, capacity, draining, since
 * agents:held:{instance}      set   its sessions
 * agents:session:{session}    hash  instance (empty: waits), epoch, pool
 * agents:pool:{pool}          zset  instances with room -> their load, from 0 to 1
 * agents:waiting:{pool}       zset  sessions that wait for an instance -> since when
 * agents:pools                set   pools that have waiting sessions
 * agents:unanswered           zset  waiting sessions for which no handoff was asked yet -> since when
 * agents:complete             marks that nothing was lost since the registry was last completed from the tables
 */
const common = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function weigh(instance)
  local about = redis.call('HMGET', 'agents:instance:' .. instance, 'pool', 'capacity', 'draining')
  if not about[1] then return end
  local count = redis.call('SCARD', 'agents:held:' .. instance)
  if about[3] == '1' or count >= tonumber(about[2]) then
    redis.call('ZREM', 'agents:pool:' .. about[1], instance)
  else
    redis.call('ZADD', 'agents:pool:' .. about[1], count / tonumber(about[2]), instance)
  end
end

local function release(session)
  local about = redis.call('HMGET', 'agents:session:' .. session, 'instance', 'pool')
  if not about[1] then return end
  if about[1] ~= '' then
    redis.call('SREM', 'agents:held:' .. about[1], session)
    weigh(about[1])
  else
    redis.call('ZREM', 'agents:waiting:' .. about[2], session)
    redis.call('ZREM', 'agents:unanswered', session)
  end
end

local function own(session, instance, epoch, pool)
  release(session)
  redis.call('HSET', 'agents:session:' .. session, 'instance', instance, 'epoch', epoch, 'pool', pool)
  redis.call('SADD', 'agents:held:' .. instance, session)
  weigh(instance)
end

local function leastLoaded(pool)
  local key = 'agents:pool:' .. pool
  while true do
    local instance = redis.call('ZRANGE', key, 0, 0)[1]
    if not instance then return nil end
    local lease = redis.call('ZSCORE', 'agents:lease', instance)
    if lease and tonumber(lease) > now then return instance end
    redis.call('ZREM', key, instance)
  end
end

-- Gives a session to the least loaded instance of its pool and notifies its node; with none, the session waits.
local function give(session, epoch, pool)
  local instance = leastLoaded(pool)
  if instance then
    own(session, instance, epoch, pool)
    local node = redis.call('HGET', 'agents:instance:' .. instance, 'node')
    redis.call('PUBLISH', 'agents:node:' .. node, 'assign ' .. instance .. ' ' .. session .. ' ' .. epoch)
    return true
  end
  release(session)
  redis.call('HSET', 'agents:session:' .. session, 'instance', '', 'epoch', epoch, 'pool', pool)
  redis.call('ZADD', 'agents:waiting:' .. pool, now, session)
  redis.call('ZADD', 'agents:unanswered', now, session)
  redis.call('SADD', 'agents:pools', pool)
  return false
end

-- Takes up to limit sessions from an instance; those that nobody takes are added to the list as session, instance, epoch.
local function giveAway(instance, limit, list)
  local sessions = redis.call('SRANDMEMBER', 'agents:held:' .. instance, limit)
  for _, session in ipairs(sessions) do
    local about = redis.call('HMGET', 'agents:session:' .. session, 'epoch', 'pool')
    if not give(session, about[1], about[2]) then
      table.insert(list, session)
      table.insert(list, instance)
      table.insert(list, about[1])
    end
  end
  return #sessions
end
`;

/**
 * ARGV: instance, pool, node, conn, capacity, lease ms, attempt. Gives the sessions that it owns: session, epoch…; the
 * attempt of a newer connection of the instance when one is known.
 */
export const registerScript = `${common}
local key = 'agents:instance:' .. ARGV[1]
local old = redis.call('HMGET', key, 'pool', 'node', 'conn', 'attempt')
if old[4] and tonumber(old[4]) > tonumber(ARGV[7]) then return tonumber(old[4]) end
if old[1] and old[1] ~= ARGV[2] then redis.call('ZREM', 'agents:pool:' .. old[1], ARGV[1]) end
if old[3] and old[3] ~= ARGV[4] then
  redis.call('PUBLISH', 'agents:node:' .. old[2], 'superseded ' .. ARGV[1] .. ' ' .. old[3])
end
redis.call('HSET', key, 'pool', ARGV[2], 'node', ARGV[3], 'conn', ARGV[4], 'capacity', ARGV[5], 'draining', '0',
  'attempt', ARGV[7])
redis.call('HSETNX', key, 'since', now)
redis.call('ZADD', 'agents:lease', now + ARGV[6], ARGV[1])
weigh(ARGV[1])
local owned = {}
for _, session in ipairs(redis.call('SMEMBERS', 'agents:held:' .. ARGV[1])) do
  table.insert(owned, session)
  table.insert(owned, redis.call('HGET', 'agents:session:' .. session, 'epoch'))
end
return owned
`;

/** ARGV: (instance, conn, lease ms left)… For each: how many sessions it owns; -1: not known; -2: another connection has it. */
export const renewScript = `${common}
local result = {}
for at = 1, #ARGV, 3 do
  local conn = redis.call('HGET', 'agents:instance:' .. ARGV[at], 'conn')
  if not conn then table.insert(result, -1)
  elseif conn ~= ARGV[at + 1] then table.insert(result, -2)
  else
    redis.call('ZADD', 'agents:lease', now + ARGV[at + 2], ARGV[at])
    table.insert(result, redis.call('SCARD', 'agents:held:' .. ARGV[at]))
  end
end
return result
`;

/** ARGV: session, instance, conn, epoch, pool. 1: owns it; 0: another does, or is about to; -1: the instance is not known. */
export const attachScript = `${common}
if redis.call('HGET', 'agents:instance:' .. ARGV[2], 'conn') ~= ARGV[3] then return -1 end
local old = redis.call('HMGET', 'agents:session:' .. ARGV[1], 'instance', 'epoch')
local epoch = tonumber(ARGV[4])
if old[2] then
  local known = tonumber(old[2])
  if known > epoch then return 0 end
  if known == epoch and old[1] ~= ARGV[2] and old[1] ~= '' then return 0 end
end
own(ARGV[1], ARGV[2], ARGV[4], ARGV[5])
return 1
`;

/** ARGV: session, instance, epoch. Forgets the session if that instance has it, at that epoch or an older one. */
export const detachScript = `${common}
local old = redis.call('HMGET', 'agents:session:' .. ARGV[1], 'instance', 'epoch')
if old[1] ~= ARGV[2] or tonumber(old[2]) > tonumber(ARGV[3]) then return 0 end
release(ARGV[1])
redis.call('DEL', 'agents:session:' .. ARGV[1])
return 1
`;

/** ARGV: instance, conn, limit. Returns: how many are left, then those that nobody took: session, instance, epoch… */
export const drainScript = `${common}
local key = 'agents:instance:' .. ARGV[1]
if redis.call('HGET', key, 'conn') ~= ARGV[2] then return {0} end
redis.call('HSET', key, 'draining', '1')
weigh(ARGV[1])
local waiting = {}
giveAway(ARGV[1], tonumber(ARGV[3]), waiting)
return {redis.call('SCARD', 'agents:held:' .. ARGV[1]), unpack(waiting)}
`;

/** ARGV: instance, conn. An instance without sessions leaves. */
export const leaveScript = `${common}
local key = 'agents:instance:' .. ARGV[1]
if redis.call('HGET', key, 'conn') ~= ARGV[2] or redis.call('SCARD', 'agents:held:' .. ARGV[1]) > 0 then return 0 end
redis.call('ZREM', 'agents:pool:' .. redis.call('HGET', key, 'pool'), ARGV[1])
redis.call('ZREM', 'agents:lease', ARGV[1])
redis.call('DEL', key)
return 1
`;

/**
 * Moves the sessions of instances whose lease is over, and gives waiting ones to whoever has room. ARGV: limit.
 * Gives: whether the registry is complete, then those that wait from now on: session, instance, epoch…
 */
export const moveScript = `${common}
local limit = tonumber(ARGV[1])
local moved = 0
local waiting = {}
for _, instance in ipairs(redis.call('ZRANGEBYSCORE', 'agents:lease', '-inf', now, 'LIMIT', 0, 16)) do
  local key = 'agents:instance:' .. instance
  local pool = redis.call('HGET', key, 'pool')
  if pool then redis.call('ZREM', 'agents:pool:' .. pool, instance) end
  if moved < limit then moved = moved + giveAway(instance, limit - moved, waiting) end
  if redis.call('SCARD', 'agents:held:' .. instance) == 0 then
    redis.call('DEL', key)
    redis.call('ZREM', 'agents:lease', instance)
  end
end
for _, pool in ipairs(redis.call('SMEMBERS', 'agents:pools')) do
  local key = 'agents:waiting:' .. pool
  while moved < limit and leastLoaded(pool) do
    local session = redis.call('ZRANGE', key, 0, 0)[1]
    if not session then break end
    give(session, redis.call('HGET', 'agents:session:' .. session, 'epoch'), pool)
    moved = moved + 1
  end
  if redis.call('EXISTS', key) == 0 then redis.call('SREM', 'agents:pools', pool) end
end
return {redis.call('EXISTS', 'agents:complete'), unpack(waiting)}
`;

/** ARGV: session, instance (empty: none), epoch, pool. Takes in a session that the registry lost, unless its owner is alive. */
export const recoverScript = `${common}
if redis.call('EXISTS', 'agents:session:' .. ARGV[1]) == 1 then return 0 end
local lease = ARGV[2] ~= '' and redis.call('ZSCORE', 'agents:lease', ARGV[2])
if lease and tonumber(lease) > now then return 0 end
give(ARGV[1], ARGV[3], ARGV[4])
return 1
`;
