import type { Redis } from 'ioredis';

/**
 * The scripts that write contexts in Redis. Their text names the format of what they write: a context in another
 * format counts as missing and is rebuilt, so raise `contextFormat` whenever the shape of a section changes. With a first line
 * that starts with #!, Redis refuses the whole script before it runs when it is out of memory; with the flag
 * `allow-oom` the script still runs.
 */
const contextFormat = '4';

/** Sealed contexts have their own format, so that plain ones are folded again once there are keys. The format before, `4-sealed`, sealed each section separately. */
export function formatOf(isSealed: boolean): string {
  return isSealed ? `${contextFormat}-sealed-together` : contextFormat;
}

/** The results of `apply`. */
export const applied = 1;
export const stale = 0;
export const missingPredecessor = -1;
export const setAside = -2;

/**
 * Writes fields of a hash, some hundreds per call: a call costs more than what it writes.
 * `fields`: (field, value)…
 */
const writeFields = `
local function write(key, fields)
  for from = 1, #fields, 1000 do
    redis.call('HSET', key, unpack(fields, from, math.min(#fields, from + 999)))
  end
end
`;

/**
 * The record of a session's commands: for each id a field with "revision:count:hash", and for their order the fields
 * #first, …, #next - 1 with "time [ids]". Of two commands with the same id the first stays, so that a repeated delivery
 * changes nothing; the last command may grow. Forgets the oldest commands beyond a number or before a time.
 * ARGV from `from` on: number of commands, time, (entry, record)…; `fields`: other fields to write, (field, value)…
 */
const rememberCommands = `${writeFields}
local function ids_of(entry) return cjson.decode(string.match(entry, ' (.*)')) end
local function remember(key, from, fields)
  if #ARGV < from + 2 then return write(key, fields) end
  local bounds = redis.call('HMGET', key, '#first', '#next')
  local first, next = tonumber(bounds[1] or 0), tonumber(bounds[2] or 0)
  local written = {}
  local function get(field) return written[field] or redis.call('HGET', key, field) end
  for i = from + 2, #ARGV, 2 do
    local ids, at = ids_of(ARGV[i]), tonumber(string.match(ARGV[i + 1], '^%d+'))
    local stored = redis.call('HMGET', key, unpack(ids))
    local old = written[ids[1]] or stored[1]
    local last = old and first < next and get('#' .. (next - 1))
    if not old then
      written['#' .. next] = ARGV[i]
      next = next + 1
    elseif last and ids_of(last)[1] == ids[1] then
      written['#' .. (next - 1)] = ARGV[i]
    end
    for n, id in ipairs(ids) do
      local known = written[id] or stored[n]
      if not known or tonumber(string.match(known, '^%d+')) >= at then written[id] = ARGV[i + 1] end
    end
  end
  for _ = 1, 1000 do
    local oldest = first < next and get('#' .. first)
    if not oldest or (next - first <= tonumber(ARGV[from]) and oldest >= ARGV[from + 1]) then break end
    local ids = ids_of(oldest)
    redis.call('HDEL', key, '#' .. first, unpack(ids))
    written['#' .. first] = nil
    for _, id in ipairs(ids) do written[id] = nil end
    first = first + 1
  end
  written['#first'], written['#next'] = first, next
  for field, value in pairs(written) do
    fields[#fields + 1] = field
    fields[#fields + 1] = value
  end
  write(key, fields)
end
`;

/**
 * Returns the revision of the record, whether these commands are all it has (1), and its latest commands as
 * (entry, record)…. ARGV: how many
 */
const latestScript = (format: string): string => `-- turnstream latest, format ${format}
local head = redis.call('HMGET', KEYS[1], '', '#first', '#next')
local first, next = tonumber(head[2] or 0), tonumber(head[3] or 0)
local from = math.max(first, next - tonumber(ARGV[1]))
local latest = { head[1], from == first and '1' or '0' }
for n = from, next - 1 do
  local entry = redis.call('HGET', KEYS[1], '#' .. n)
  latest[#latest + 1] = entry
  latest[#latest + 1] = redis.call('HGET', KEYS[1], cjson.decode(string.match(entry, ' (.*)'))[1])
end
return latest
`;

/**
 * Applies a change on top of any state from the revision before it to just under the one after it: a section that no event
 * in between touched is the same in all these states.
 * ARGV: revision before, revision after, ttl in ms, number of sections, (section, text)…, commands
 */
const applyScript = (format: string): string => `#!lua
-- turnstream apply, format ${format}
${rememberCommands}
local stored = redis.call('HMGET', KEYS[1], 'revision', 'format', 'set_aside')
if stored[3] and tonumber(ARGV[2]) >= cjson.decode(stored[3]).revision then return ${setAside} end
local at = tonumber(stored[1] or -1)
if at >= 0 and (stored[2] ~= '${format}' or redis.call('HEXISTS', KEYS[2], '') == 0) then return ${missingPredecessor} end
if at >= tonumber(ARGV[2]) then return ${stale} end
if at < tonumber(ARGV[1]) then return ${missingPredecessor} end
local commands = 5 + 2 * tonumber(ARGV[4])
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'format', '${format}', unpack(ARGV, 5, commands - 1))
remember(KEYS[2], commands, { '', ARGV[2] })
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return ${applied}
`;

/**
 * Writes a whole context. ARGV: revision, ttl in ms, how, number of sections, number of command records that KEYS[3]
 * holds, (section, text)…, (command id, record)…. How:
 * 'rebuild': unless a complete later one is stored, or the session is set aside at this revision or before;
 * 'restore': the session is no longer set aside, whatever the stored context says;
 * a note (JSON): the session is set aside at the revision after this one, whatever the stored context says.
 */
const replaceScript = (format: string): string => `#!lua
-- turnstream replace, format ${format}
${rememberCommands}
local stored = redis.call('HMGET', KEYS[1], 'revision', 'format', 'set_aside')
local how = ARGV[3]
local complete = stored[2] == '${format}' and redis.call('HEXISTS', KEYS[2], '') == 1
local later = complete and tonumber(stored[1] or -1) >= tonumber(ARGV[1])
if how == 'rebuild' then
  if stored[3] then return ${setAside} end
  if later then return ${stale} end
elseif how == 'restore' and later and not stored[3] then
  return ${stale}
end
if tonumber(redis.call('HGET', KEYS[3], '') or 0) ~= tonumber(ARGV[5]) then
  return redis.error_reply('The first records of a restore are gone.')
end
redis.call('UNLINK', KEYS[1], KEYS[2])
if tonumber(ARGV[5]) > 0 then redis.call('RENAME', KEYS[3], KEYS[2]) end
local commands = 6 + 2 * tonumber(ARGV[4])
redis.call('HSET', KEYS[1], 'revision', ARGV[1], 'format', '${format}', unpack(ARGV, 6, commands - 1))
if how ~= 'rebuild' and how ~= 'restore' then redis.call('HSET', KEYS[1], 'set_aside', how) end
remember(KEYS[2], commands, { '', ARGV[1] })
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return ${applied}
`;

/**
 * Marks a context as set aside. Returns that the predecessor is missing when the context is not at
 * the revision before the event: the context must then be replaced. ARGV: revision of the event, note (JSON), ttl in ms
 */
const setAsideScript = (format: string): string => `#!lua flags=allow-oom
-- turnstream set aside, format ${format}
local stored = redis.call('HMGET', KEYS[1], 'revision', 'format')
local at = -1
if stored[2] == '${format}' then at = tonumber(stored[1]) end
if tonumber(ARGV[1]) == 0 then
  redis.call('DEL', KEYS[1], KEYS[2])
  at = -1
end
redis.call('HSET', KEYS[1], 'set_aside', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if at ~= tonumber(ARGV[1]) - 1 then return ${missingPredecessor} end
return ${applied}
`;

/**
 * Stages commands ahead of a replacement, some at a time, under a key that no one else reads; the field '' counts them.
 * ARGV: ttl in ms, commands
 */
const rememberScript = (format: string): string => `#!lua
-- turnstream remember, format ${format}
${rememberCommands}
remember(KEYS[1], 2, {})
redis.call('HINCRBY', KEYS[1], '', (#ARGV - 3) / 2)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return ${applied}
`;

/** Moves the checkpoints of all prefixes of a partition. ARGV: position */
const checkpointScript = `#!lua flags=allow-oom
-- turnstream checkpoint
for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1]) end
return ${applied}
`;

/**
 * The checkpoints of a partition on one master of a cluster, each "position history claim". The history identifies the master since
 * it took over: another master may lack the last writes, and a checkpoint that moved in with a slot proves nothing about this one.
 */
const history = `
local replication = redis.call('INFO', 'replication')
local history = string.match(replication, 'master_replid:(%x+)')
local earlier = string.match(replication, 'master_replid2:(%x+)')
`;

/** Returns the history, then for each key "position claim", or '' when there is none of this master or its predecessor. */
const lookAtCheckpointScript = `#!lua flags=allow-oom
-- turnstream look at checkpoint
${history}
local found = { history }
for at, key in ipairs(KEYS) do
  local position, of, claim = string.match(redis.call('GET', key) or '', '^(%S+) (%x+) ?(%S*)')
  local known = position and (of == history or of == earlier)
  found[at + 1] = known and position .. ' ' .. claim or ''
end
return found
`;

/** Returns the positions and claims them; none if the master was replaced meanwhile. ARGV: claim, history */
const claimCheckpointScript = `#!lua flags=allow-oom
-- turnstream claim checkpoint
${history}
if history ~= ARGV[2] then return { '' } end
local positions = {}
for at, key in ipairs(KEYS) do
  local position = string.match(redis.call('GET', key) or '', '^%S+')
  if position then redis.call('SET', key, position .. ' ' .. history .. ' ' .. ARGV[1]) end
  positions[at] = position or ''
end
return positions
`;

/**
 * Moves the checkpoints, unless they belong to another claim or the master was replaced meanwhile. ARGV: claim, position, and
 * optionally the history at the claim, which overwrites any checkpoint
 */
const moveCheckpointScript = `#!lua flags=allow-oom
-- turnstream move checkpoint
${history}
if ARGV[3] and ARGV[3] ~= history then return ${stale} end
local suffix = ' ' .. history .. ' ' .. ARGV[1]
for _, key in ipairs(KEYS) do
  local stored = redis.call('GET', key)
  if not ARGV[3] and not (stored and string.sub(stored, -#suffix) == suffix) then return ${stale} end
end
for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[2] .. suffix) end
return ${applied}
`;

/** Defines the scripts as commands of a client. */
export function defineScripts(redis: Redis, format: string): void {
  redis.defineCommand('turnstreamApply', { numberOfKeys: 2, lua: applyScript(format) });
  redis.defineCommand('turnstreamReplace', { numberOfKeys: 3, lua: replaceScript(format) });
  redis.defineCommand('turnstreamSetAside', { numberOfKeys: 2, lua: setAsideScript(format) });
  redis.defineCommand('turnstreamRemember', { numberOfKeys: 1, lua: rememberScript(format) });
  redis.defineCommand('turnstreamLatest', { numberOfKeys: 1, lua: latestScript(format) });
  redis.defineCommand('turnstreamCheckpoint', { lua: checkpointScript });
  redis.defineCommand('turnstreamLookAtCheckpoint', { lua: lookAtCheckpointScript });
  redis.defineCommand('turnstreamClaimCheckpoint', { lua: claimCheckpointScript });
  redis.defineCommand('turnstreamMoveCheckpoint', { lua: moveCheckpointScript });
}
