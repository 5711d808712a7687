import type { Redis } from 'ioredis';
import { parsePosition, sessionStream, streamMatches } from '#sessions';
import type { Call } from './records.ts';

/** Up to where the contexts of a partition are written. */
export interface ContextCheckpoint {
  /** Beginnings of the names of the partition's streams: each keeps the position, so that it survives another division. */
  readonly prefixes: readonly string[];
  readonly position: bigint;
}

/** The checkpoint of a partition of which nothing is written yet. */
export const nothingWritten = -1n;
/** Keys looked at in one step of a scan. */
const keysPerScan = 1_000;

export function checkpointCall({ prefixes, position }: ContextCheckpoint): Call {
  return ['turnstreamCheckpoint', prefixes.length, ...prefixes.map(checkpointKey), String(position)];
}

/**
 * The checkpoint of a partition: the least of those of its prefixes. With another division before, they are brought over first: each
 * of 16 longer prefixes gets the position of the shorter one, and a shorter one the least of 16 longer ones.
 */
export async function readCheckpoint(redis: Redis, prefixes: readonly string[]): Promise<bigint | undefined> {
  const texts = await redis.mget(keysOf(prefixes));
  const before = texts.pop() ?? null;
  if (texts.includes(null) && before === null) {
    const families = new Set(prefixes.map((prefix) => prefix.slice(0, shortLength)));
    const isLong = prefixes.some((prefix) => prefix.length > shortLength);
    for (const short of families) await bringOver(redis, short, isLong);
    return leastCheckpoint(await redis.mget(prefixes.map(checkpointKey)));
  }
  return leastCheckpoint(texts) ?? leastCheckpoint([before]);
}

/** The length of a prefix with one digit of the session id. */
const shortLength = sessionStream('').length + 1;

/** From a short prefix to the 16 that are longer by a digit, or from them to it; nothing when there is nothing to bring over. */
async function bringOver(redis: Redis, short: string, toLong: boolean): Promise<void> {
  const keys = [checkpointKey(short), ...digits.map((digit) => checkpointKey(short + digit))];
  await redis.eval(bringOverScript, keys.length, ...keys, toLong ? 'long' : 'short');
}

const digits = [...'0123456789abcdef'];

/** KEYS: short, long…; ARGV: to which. Positions are larger than the numbers of Lua. */
const bringOverScript = `#!lua flags=allow-oom
local short = redis.call('GET', KEYS[1])
if ARGV[1] == 'long' then
  if not short then return 0 end
  for i = 2, #KEYS do redis.call('SET', KEYS[i], short) end
  return redis.call('DEL', KEYS[1])
end
local function less(a, b)
  if a == '-1' or b == '-1' then return a == '-1' end
  if #a ~= #b then return #a < #b end
  return a < b
end
local least
for i = 2, #KEYS do
  local position = redis.call('GET', KEYS[i])
  if not position then return 0 end
  if not least or less(position, least) then least = position end
end
if not short then redis.call('SET', KEYS[1], least) end
for i = 2, #KEYS do redis.call('DEL', KEYS[i]) end
return 1
`;

/** Removes the contexts and command records of a partition's sessions, then its checkpoint. */
export async function deletePartition(redis: Redis, prefixes: readonly string[]): Promise<void> {
  const match = partitionKeys(prefixes);
  for await (const keys of redis.scanStream({ match, count: keysPerScan })) {
    const own = (keys as string[]).filter((key) => streamMatches(key.slice(keyStart), prefixes));
    if (own.length > 0) await redis.unlink(own);
  }
  await redis.del(...keysOf(prefixes));
}

/** Where the session id begins in a key. */
const keyStart = 'ctx:{'.length;

function checkpointKey(prefix: string): string {
  return `projection:${prefix}`;
}

/** Before, a checkpoint had the names of all its prefixes: that is the last one. */
function keysOf(prefixes: readonly string[]): string[] {
  return [...prefixes.map(checkpointKey), checkpointKey(prefixes.join())];
}

/** Matches the keys of contexts and command records of the sessions whose streams begin with the prefixes, and of some others. */
function partitionKeys(prefixes: readonly string[]): string {
  const first = new Set(prefixes.map((prefix) => prefix.slice(shortLength - 1, shortLength)));
  return `c[tm][xd]:{[${[...first].join('')}]*`;
}

/** The least of several checkpoints; undefined: one of them is missing, or is no position. */
function leastCheckpoint(texts: readonly (string | null)[]): bigint | undefined {
  let least: bigint | undefined;
  for (const text of texts) {
    const position = text === String(nothingWritten) ? nothingWritten : parsePosition(text ?? '');
    if (position === undefined) return undefined;
    if (least === undefined || position < least) least = position;
  }
  return least;
}
