import type { Cluster, Redis } from 'ioredis';
import { hexDigits, parsePosition, sessionStream, streamMatches } from '#sessions';
import type { Call } from './records.ts';
import { reply } from './records.ts';

/** The position up to which the contexts of a partition are written. */
export interface ContextCheckpoint {
  /** Prefixes of the partition's stream names. Each stores the position, so that it survives another division into partitions. */
  readonly prefixes: readonly string[];
  readonly position: bigint;
}

/** The checkpoint of a partition before anything is written. */
export const nothingWritten = -1n;
/** Keys per step of a scan. */
const keysPerScan = 1_000;

/**
 * The checkpoints of the contexts, kept in Redis itself: when Redis loses writes, the checkpoints go back with them. After a change
 * of partitioning, the checkpoint of a partition is the lowest position of its prefixes.
 */
export interface Checkpoints {
  /** The position up to which the contexts of a partition are written; undefined: unknown. */
  read(prefixes: readonly string[]): Promise<bigint | undefined>;
  /** Saves it before the contexts of the next events, or returns the calls to send along with them. */
  along(checkpoint: ContextCheckpoint): Promise<readonly Call[]>;
  save(checkpoint: ContextCheckpoint): Promise<void>;
  /** Writes the first checkpoint. */
  begin(checkpoint: ContextCheckpoint): Promise<void>;
  /** Removes the contexts and command records of a partition's sessions, then its checkpoint. */
  deletePartition(prefixes: readonly string[]): Promise<void>;
}

/** The checkpoints on a single Redis node, which loses writes in the order in which they were made. */
export class SingleCheckpoints implements Checkpoints {
  constructor(private readonly redis: Redis) {}

  /** The lowest checkpoint of the partition's prefixes. */
  async read(prefixes: readonly string[]): Promise<bigint | undefined> {
    const keys = prefixes.map(checkpointKey);
    let texts = await this.redis.mget(keys);
    if (texts.includes(null)) {
      await bringOver(this.redis, prefixes, checkpointKey);
      texts = await this.redis.mget(keys);
    }
    return leastCheckpoint(texts) ?? this.readJoined(prefixes);
  }

  async along({ prefixes, position }: ContextCheckpoint): Promise<readonly Call[]> {
    return [['turnstreamCheckpoint', prefixes.length, ...prefixes.map(checkpointKey), String(position)]];
  }

  async save(checkpoint: ContextCheckpoint): Promise<void> {
    const [call = []] = await this.along(checkpoint);
    reply(await this.redis.pipeline([call]).exec(), 0);
  }

  async begin(checkpoint: ContextCheckpoint): Promise<void> {
    await this.save(checkpoint);
  }

  async deletePartition(prefixes: readonly string[]): Promise<void> {
    await deleteContexts(this.redis, prefixes);
    const keys = prefixes.flatMap(withOtherDivision).map(checkpointKey);
    await this.redis.del(...keys, joinedKey(prefixes));
  }

  private async readJoined(prefixes: readonly string[]): Promise<bigint | undefined> {
    const position = leastCheckpoint([await this.redis.get(joinedKey(prefixes))]);
    if (position === undefined || prefixes.length === 1) return position;
    await this.save({ prefixes, position });
    await this.redis.del(joinedKey(prefixes));
    return position;
  }
}

/**
 * Migrates checkpoints after a change of partitioning: each of 16 longer prefixes gets the position of the shorter one, or the
 * shorter one gets the lowest of the 16 longer ones. Does nothing when there are none to migrate.
 */
export async function bringOver(
  redis: Redis | Cluster,
  prefixes: readonly string[],
  keyOf: (prefix: string) => string,
): Promise<void> {
  const to = prefixes.some((prefix) => prefix.length > shortLength) ? 'long' : 'short';
  for (const short of new Set(prefixes.map((prefix) => prefix.slice(0, shortLength)))) {
    const keys = [short, ...hexDigits.map((digit) => short + digit)].map(keyOf);
    await redis.eval(bringOverScript, keys.length, ...keys, to);
  }
}

/** The length of a prefix with one digit of the session id. */
const shortLength = sessionStream('').length + 1;

/**
 * KEYS: short, long…, each with a text that starts with a position; ARGV: the target. Positions exceed Lua's numbers.
 * The lowest one keeps its history but not its claim: on another master the lowest may be a different one.
 */
const bringOverScript = `#!lua flags=allow-oom
local short = redis.call('GET', KEYS[1])
if ARGV[1] == 'long' then
  if not short then return 0 end
  for i = 2, #KEYS do redis.call('SET', KEYS[i], short) end
  return redis.call('DEL', KEYS[1])
end
local function less(one, other)
  local a, b = string.match(one, '^%S+'), string.match(other, '^%S+')
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
if not short then redis.call('SET', KEYS[1], string.match(least, '^%S+ ?%x*')) end
for i = 2, #KEYS do redis.call('DEL', KEYS[i]) end
return 1
`;

/** Removes the contexts and command records of a partition's sessions from one node. */
export async function deleteContexts(node: Redis, prefixes: readonly string[]): Promise<void> {
  const match = partitionKeys(prefixes);
  for await (const keys of node.scanStream({ match, count: keysPerScan })) {
    const own = (keys as string[]).filter((key) => streamMatches(key.slice(keyStart), prefixes));
    // In a cluster, one command cannot take keys of different slots.
    const replies = await node.pipeline(own.map((key) => ['unlink', key])).exec();
    for (const index of own.keys()) reply(replies, index);
  }
}

/** Where the session id starts in a key. */
const keyStart = 'ctx:{'.length;

export function checkpointKey(prefix: string): string {
  return `projection:${prefix}`;
}

/** An older format: one checkpoint under the names of all its prefixes. */
function joinedKey(prefixes: readonly string[]): string {
  return checkpointKey(prefixes.join());
}

/** A prefix, and the prefixes whose checkpoints may be migrated to it. */
export function withOtherDivision(prefix: string): string[] {
  const others =
    prefix.length > shortLength ? [prefix.slice(0, shortLength)] : hexDigits.map((digit) => prefix + digit);
  return [prefix, ...others];
}

/** Matches the context and command record keys of the sessions whose streams start with the prefixes, and some others. */
function partitionKeys(prefixes: readonly string[]): string {
  const first = new Set(prefixes.map((prefix) => prefix.slice(shortLength - 1, shortLength)));
  return `c[tm][xd]:{[${[...first].join('')}]*`;
}

/** The lowest of several checkpoints; undefined: one is missing or is not a position. */
export function leastCheckpoint(texts: readonly (string | null)[]): bigint | undefined {
  let least: bigint | undefined;
  for (const text of texts) {
    const position = text === String(nothingWritten) ? nothingWritten : parsePosition(text ?? '');
    if (position === undefined) return undefined;
    if (least === undefined || position < least) least = position;
  }
  return least;
}
