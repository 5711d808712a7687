/**
 * The scripts that write contexts in Redis. Their text names the format of what they write: a context of another
 * format counts as missing and is rebuilt, so raise `contextFormat` whenever the shape of a section changes.
 */
export const contextFormat = '3';

/** What `apply` answers. */
export const applied = 1;
export const stale = 0;
export const missingPredecessor = -1;
export const setAside = -2;

/**
 * The record of a command is "revision:count:hash". Of two with the same id the first stays, so that a repeated
 * delivery changes nothing; one of the same revision may grow.
 */
const rememberCommands = `
local function remember(key, from)
  for i = from, #ARGV, 2 do
    local old = redis.call('HGET', key, ARGV[i])
    local first = tonumber(string.match(ARGV[i + 1], '^%d+'))
    if not old or tonumber(string.match(old, '^%d+')) >= first then
      redis.call('HSET', key, ARGV[i], ARGV[i + 1])
    end
  end
end
`;

/**
 * Applies a change on top of any state from the revision before to just under the one after: a section that no event
 * in between touched is the same in all of them.
 * ARGV: revision before, revision after, ttl in ms, number of sections, (section, text)…, (command id, record)…
 */
export const applyScript = `-- turnstream apply, format ${contextFormat}
${rememberCommands}
local stored = redis.call('HMGET', KEYS[1], 'revision', 'format', 'set_aside')
if stored[3] and tonumber(ARGV[2]) >= cjson.decode(stored[3]).revision then return ${setAside} end
local at = tonumber(stored[1] or -1)
if at >= 0 and (stored[2] ~= '${contextFormat}' or redis.call('HEXISTS', KEYS[2], '') == 0) then return ${missingPredecessor} end
if at >= tonumber(ARGV[2]) then return ${stale} end
if at < tonumber(ARGV[1]) then return ${missingPredecessor} end
local sections = tonumber(ARGV[4])
for i = 5, 4 + 2 * sections, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'format', '${contextFormat}')
redis.call('HSET', KEYS[2], '', ARGV[2])
remember(KEYS[2], 5 + 2 * sections)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return ${applied}
`;

/**
 * Writes a whole context. ARGV: revision, ttl in ms, how, number of sections, number of command records that KEYS[3]
 * holds, (section, text)…, (command id, record)…. How:
 * 'rebuild': unless a later one stands there complete, or the session is set aside at this revision or before;
 * 'restore': the session is not set aside any more, whatever the stored context says;
 * a note (JSON): the session is set aside at the revision after this one, whatever the stored context says.
 */
export const replaceScript = `-- turnstream replace, format ${contextFormat}
${rememberCommands}
local stored = redis.call('HMGET', KEYS[1], 'revision', 'format', 'set_aside')
local how = ARGV[3]
local complete = stored[2] == '${contextFormat}' and redis.call('HEXISTS', KEYS[2], '') == 1
local later = complete and tonumber(stored[1] or -1) >= tonumber(ARGV[1])
if how == 'rebuild' then
  if stored[3] then return ${setAside} end
  if later then return ${stale} end
elseif how == 'restore' and later and not stored[3] then
  return ${stale}
end
if redis.call('HLEN', KEYS[3]) ~= tonumber(ARGV[5]) then
  return redis.error_reply('The first records of a restore are gone.')
end
redis.call('UNLINK', KEYS[1], KEYS[2])
if tonumber(ARGV[5]) > 0 then redis.call('RENAME', KEYS[3], KEYS[2]) end
local sections = tonumber(ARGV[4])
for i = 6, 5 + 2 * sections, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], 'revision', ARGV[1], 'format', '${contextFormat}')
if how ~= 'rebuild' and how ~= 'restore' then redis.call('HSET', KEYS[1], 'set_aside', how) end
redis.call('HSET', KEYS[2], '', ARGV[1])
remember(KEYS[2], 6 + 2 * sections)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return ${applied}
`;

/**
 * Notes in a context that the session is set aside. Answers that the predecessor is missing when the context is not at
 * the revision before: it is then to be replaced. ARGV: revision of the event, note (JSON), ttl in ms
 */
export const setAsideScript = `-- turnstream set aside, format ${contextFormat}
local stored = redis.call('HMGET', KEYS[1], 'revision', 'format')
local at = -1
if stored[2] == '${contextFormat}' then at = tonumber(stored[1]) end
if tonumber(ARGV[1]) == 0 then
  redis.call('DEL', KEYS[1], KEYS[2])
  at = -1
end
redis.call('HSET', KEYS[1], 'set_aside', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if at ~= tonumber(ARGV[1]) - 1 then return ${missingPredecessor} end
return ${applied}
`;

/** Gathers commands ahead of a replacement, some at a time, where nobody else looks. ARGV: ttl in ms, (command id, record)… */
export const rememberScript = `-- turnstream remember, format ${contextFormat}
${rememberCommands}
remember(KEYS[1], 2)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return ${applied}
`;
