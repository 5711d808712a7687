/**
 * What the registry's scripts share. Each works on the keys of one pool; its name in braces is their hash tag:
 *
 * agents:{pool}:leases               zset  instance -> the time (ms) at which its lease ends
 * agents:{pool}:load                 zset  instances with room -> their load, from 0 to 1
 * agents:{pool}:instance:<instance>  hash  node, conn, attempt, capacity, draining, since
 * agents:{pool}:owned:<instance>     set   its sessions
 * agents:{pool}:sessions             hash  session -> epoch and instance (empty: it waits)
 * agents:{pool}:waiting              zset  sessions that wait for an instance -> since when
 * agents:{pool}:unanswered           zset  waiting sessions for which no handoff was asked yet -> since when
 *
 * Any key may be missing, since Redis may evict it. So leases, owned, sessions, waiting and unanswered have an empty member,
 * their mark: without it, something of them is lost. What is lost comes back from the nodes (what their instances own) and
 * from the tables. While it does, marks are provisional: a key that is lost meanwhile has none in the end.
 */

/** The score of a provisional marker: later than every time, and lower than that of a final marker. */
export const provisional = 9e15;

export const scriptFunctions = `
local pool = KEYS[1]
local leases, load, sessions = pool .. ':leases', pool .. ':load', pool .. ':sessions'
local waiting, unanswered = pool .. ':waiting', pool .. ':unanswered'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function instanceKey(instance) return pool .. ':instance:' .. instance end
local function ownedKey(instance) return pool .. ':owned:' .. instance end

local function mark()
  redis.call('HSET', sessions, '', '')
  for _, key in ipairs({leases, waiting, unanswered}) do redis.call('ZADD', key, '+inf', '') end
end

local function beginMark()
  redis.call('HSETNX', sessions, '', 'provisional')
  for _, key in ipairs({leases, waiting, unanswered}) do redis.call('ZADD', key, 'NX', ${provisional}, '') end
end

local function endMark()
  if redis.call('HEXISTS', sessions, '') == 1 then redis.call('HSET', sessions, '', '') end
  for _, key in ipairs({leases, waiting, unanswered}) do redis.call('ZADD', key, 'XX', '+inf', '') end
end

local function isComplete()
  for _, key in ipairs({leases, waiting, unanswered}) do
    if redis.call('ZSCORE', key, '') ~= 'inf' then return false end
  end
  return redis.call('HGET', sessions, '') == ''
end

-- Whether the pool has neither instances nor sessions.
local function isIdle()
  return isComplete() and redis.call('HLEN', sessions) == 1 and redis.call('ZCARD', leases) == 1
end

-- Has the pool completed from the tables.
local function reportLoss() redis.call('HDEL', sessions, '') end

-- The owner of a session (empty: it waits) and the epoch; nil when the session is not known.
local function find(session)
  if session == '' then return nil end
  local entry = redis.call('HGET', sessions, session)
  if not entry then return nil end
  local epoch, instance = string.match(entry, '^(%d+) (.*)$')
  return instance, epoch
end

local function isAlive(instance)
  local lease = instance ~= '' and redis.call('ZSCORE', leases, instance)
  return lease and tonumber(lease) > now
end

local function isMarked(instance) return redis.call('SISMEMBER', ownedKey(instance), '') == 1 end

local function count(instance)
  return redis.call('SCARD', ownedKey(instance)) - (isMarked(instance) and 1 or 0)
end

local function weigh(instance)
  local about = redis.call('HMGET', instanceKey(instance), 'capacity', 'draining')
  local owned = count(instance)
  if not about[1] or about[2] == '1' or owned >= tonumber(about[1]) then
    redis.call('ZREM', load, instance)
  else
    redis.call('ZADD', load, owned / tonumber(about[1]), instance)
  end
end

local function release(session)
  local instance = find(session)
  if instance and instance ~= '' then
    redis.call('SREM', ownedKey(instance), session)
    weigh(instance)
  end
  redis.call('ZREM', waiting, session)
  redis.call('ZREM', unanswered, session)
end

local function own(session, instance, epoch)
  release(session)
  redis.call('HSET', sessions, session, epoch .. ' ' .. instance)
  redis.call('SADD', ownedKey(instance), session)
  weigh(instance)
end

-- The instance that gets the next session, and its node. Never one that drains.
local function leastLoaded()
  while true do
    local instance = redis.call('ZRANGE', load, 0, 0)[1]
    if not instance then return nil end
    local about = redis.call('HMGET', instanceKey(instance), 'node', 'draining')
    if isAlive(instance) and about[1] and about[2] ~= '1' then return instance, about[1] end
    redis.call('ZREM', load, instance)
  end
end

-- Gives a session to the least loaded instance and notifies its node; with none, the session waits.
local function give(session, epoch)
  local instance, node = leastLoaded()
  if instance then
    own(session, instance, epoch)
    redis.call('PUBLISH', 'agents:node:' .. node, 'assign ' .. instance .. ' ' .. session .. ' ' .. epoch)
    return true
  end
  release(session)
  redis.call('HSET', sessions, session, epoch .. ' ')
  redis.call('ZADD', waiting, now, session)
  redis.call('ZADD', unanswered, now, session)
  return false
end

-- Takes about limit sessions from an instance; those that nobody takes are added to the list as session, instance, epoch.
local function giveAway(instance, limit, list)
  local moved = 0
  for _, session in ipairs(redis.call('SRANDMEMBER', ownedKey(instance), limit + 1)) do
    local owner, epoch = find(session)
    if owner == instance then
      if not give(session, epoch) then
        for _, value in ipairs({session, instance, epoch}) do table.insert(list, value) end
      end
      moved = moved + 1
    elseif session ~= '' then
      redis.call('SREM', ownedKey(instance), session)
      if not owner then reportLoss() end
    end
  end
  return moved
end

-- The sessions of an instance: session, epoch...
local function listOwned(instance)
  local list = {}
  for _, session in ipairs(redis.call('SMEMBERS', ownedKey(instance))) do
    local owner, epoch = find(session)
    if owner == instance then
      table.insert(list, session)
      table.insert(list, epoch)
    end
  end
  return list
end

local function forget(instance)
  redis.call('ZREM', load, instance)
  redis.call('ZREM', leases, instance)
  redis.call('DEL', instanceKey(instance), ownedKey(instance))
end
`;
