import { scriptFunctions } from './script-functions.ts';

/**
 * The scripts that change the registry, each for one pool. Every change is one script, so that readers never see half
 * of it.
 */

/**
 * ARGV: instance, node, conn, capacity, lease ms, attempt, draining (1 or 0), whether the pool is new (1 or 0).
 * Returns the sessions that it owns: session, epoch…; or the attempt of a newer connection of the instance.
 */
export const registerScript = `${scriptFunctions}
local instance, conn, attempt = ARGV[1], ARGV[3], ARGV[6]
local key = instanceKey(instance)
local old = redis.call('HMGET', key, 'node', 'conn', 'attempt')
if old[3] and tonumber(old[3]) > tonumber(attempt) then return tonumber(old[3]) end
if old[2] and old[2] ~= conn then
  redis.call('PUBLISH', 'agents:node:' .. old[1], 'superseded ' .. instance .. ' ' .. old[2])
end
if ARGV[8] == '1' then mark() end
redis.call('HSET', key, 'node', ARGV[2], 'conn', conn, 'capacity', ARGV[4], 'attempt', attempt, 'draining', ARGV[7])
redis.call('HSETNX', key, 'since', now)
redis.call('ZADD', leases, now + ARGV[5], instance)
redis.call('SADD', ownedKey(instance), '')
weigh(instance)
return listOwned(instance)
`;

/** The instance has joined another pool. ARGV: instance, attempt. Returns the same as `registerScript`. */
export const abandonScript = `${scriptFunctions}
local instance = ARGV[1]
local old = redis.call('HMGET', instanceKey(instance), 'node', 'conn', 'attempt')
if old[3] and tonumber(old[3]) > tonumber(ARGV[2]) then return tonumber(old[3]) end
if old[2] then
  redis.call('PUBLISH', 'agents:node:' .. old[1], 'superseded ' .. instance .. ' ' .. old[2])
end
local list = listOwned(instance)
for at = 1, #list, 2 do redis.call('HDEL', sessions, list[at]) end
forget(instance)
return list
`;

/**
 * ARGV: (instance, conn, lease ms left)… Returns for each: how many sessions it owns; -1: not known; -2: another
 * connection has it.
 */
export const renewScript = `${scriptFunctions}
local result = {}
for at = 1, #ARGV, 3 do
  local instance = ARGV[at]
  local conn = redis.call('HGET', instanceKey(instance), 'conn')
  if conn and conn ~= ARGV[at + 1] then table.insert(result, -2)
  elseif not conn or not isMarked(instance) then table.insert(result, -1)
  else
    redis.call('ZADD', leases, now + ARGV[at + 2], instance)
    weigh(instance)
    table.insert(result, count(instance))
  end
end
return result
`;

/** ARGV: instance. Returns the sessions that it owns: session, epoch… */
export const ownedScript = `${scriptFunctions}
return listOwned(ARGV[1])
`;

/**
 * ARGV: session, instance, conn, epoch. Returns 1: the instance owns it; 0: another one does, or is about to; -1: the
 * instance is not known. If the instance drains: 2, the session was given to another one; 3, it waits.
 */
export const attachScript = `${scriptFunctions}
local session, instance, epoch = ARGV[1], ARGV[2], ARGV[4]
local about = redis.call('HMGET', instanceKey(instance), 'conn', 'draining')
if about[1] ~= ARGV[3] then return -1 end
local owner, known = find(session)
if owner then
  if tonumber(known) > tonumber(epoch) then return 0 end
  if tonumber(known) == tonumber(epoch) and owner ~= instance and owner ~= '' then return 0 end
end
if about[2] == '1' then return give(session, epoch) and 2 or 3 end
own(session, instance, epoch)
return 1
`;

/** ARGV: session, instance, epoch. Removes the session if that instance has it, at that epoch or an older one. */
export const detachScript = `${scriptFunctions}
local owner, epoch = find(ARGV[1])
if owner and (owner ~= ARGV[2] or tonumber(epoch) > tonumber(ARGV[3])) then return 0 end
release(ARGV[1])
return redis.call('HDEL', sessions, ARGV[1])
`;

/**
 * ARGV: instance, conn, limit. Returns: how many are left, then the sessions that no instance took: session,
 * instance, epoch…
 */
export const drainScript = `${scriptFunctions}
local instance = ARGV[1]
if redis.call('HGET', instanceKey(instance), 'conn') ~= ARGV[2] then return {0} end
redis.call('HSET', instanceKey(instance), 'draining', '1')
weigh(instance)
local list = {}
giveAway(instance, tonumber(ARGV[3]), list)
return {count(instance), unpack(list)}
`;

/** ARGV: instance, conn. Removes an instance without sessions. */
export const leaveScript = `${scriptFunctions}
if redis.call('HGET', instanceKey(ARGV[1]), 'conn') ~= ARGV[2] or count(ARGV[1]) > 0 then return 0 end
forget(ARGV[1])
return 1
`;

/**
 * Moves the sessions of instances with expired leases, and gives waiting ones to instances with room. ARGV: limit.
 * Returns: whether the pool is complete, whether it is idle, then the sessions that wait from now on: session,
 * instance, epoch…
 */
export const moveScript = `${scriptFunctions}
local limit = tonumber(ARGV[1])
local moved = 0
local list = {}
for _, instance in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 16)) do
  if redis.call('EXISTS', instanceKey(instance)) == 0 or not isMarked(instance) then reportLoss() end
  redis.call('ZREM', load, instance)
  if moved < limit then moved = moved + giveAway(instance, limit - moved, list) end
  if count(instance) == 0 then forget(instance) end
end
while moved < limit and leastLoaded() do
  local session = redis.call('ZRANGE', waiting, 0, 0)[1]
  if not session or session == '' then break end
  local owner, epoch = find(session)
  if owner == '' then
    give(session, epoch)
    moved = moved + 1
  else
    redis.call('ZREM', waiting, session)
    redis.call('ZREM', unanswered, session)
    if not owner then reportLoss() end
  end
end
return {isComplete() and 1 or 0, isIdle() and 1 or 0, unpack(list)}
`;

/**
 * ARGV: session, instance (empty: none), epoch, whether the pool is new. Restores a session that the registry lost; its
 * owner keeps it while it is alive. Returns 1: it was given to another instance, or waits.
 */
export const recoverScript = `${scriptFunctions}
local session, instance, epoch = ARGV[1], ARGV[2], ARGV[3]
if ARGV[4] == '1' then mark() end
local owner, known = find(session)
if owner == '' then
  redis.call('ZADD', waiting, 'NX', now, session)
  redis.call('ZADD', unanswered, 'NX', now, session)
  return 0
end
if owner and tonumber(known) >= tonumber(epoch) then instance, epoch = owner, known end
if isAlive(instance) then
  own(session, instance, epoch)
  return 0
end
give(session, epoch)
return 1
`;

/** ARGV: sessions. Returns those that the pool does not know; none while something of it is lost. */
export const missingScript = `${scriptFunctions}
local list = {}
if not isComplete() then return list end
for _, session in ipairs(ARGV) do
  if not find(session) then table.insert(list, session) end
end
return list
`;

/** Begins the recovery of the pool from the tables. */
export const beginMarkScript = `${scriptFunctions}
beginMark()
`;

/** Ends the recovery of the pool: it is complete, except for keys lost since `beginMarkScript`. */
export const endMarkScript = `${scriptFunctions}
endMark()
`;

/** Removes a pool without instances and sessions; returns whether it did. */
export const dropScript = `${scriptFunctions}
if not isIdle() then return 0 end
redis.call('DEL', leases, load, sessions, waiting, unanswered)
return 1
`;
