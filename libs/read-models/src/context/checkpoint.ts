import type { Redis } from 'ioredis';
import { parsePosition, sessionStream } from '#sessions';
import type { Call } from './records.ts';
import { reply } from './records.ts';

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

/**
 * The checkpoints of the contexts, kept in Redis itself: if Redis loses writes, they go back too. With another division of the
 * streams before, that of a partition is the least of the positions that its prefixes had.
 */
export interface Checkpoints {
  /** Up to where the contexts of a partition are written; undefined: nothing is known of it. */
  read(prefixes: readonly string[]): Promise<bigint | undefined>;
  /** Saves it before the contexts of the next events, or gives the calls to send with these. */
  along(checkpoint: ContextCheckpoint): Promise<readonly Call[]>;
  save(checkpoint: ContextCheckpoint): Promise<void>;
  /** Writes it where there is none. */
  begin(checkpoint: ContextCheckpoint): Promise<void>;
  /** Removes the contexts and command records of a partition's sessions, then its checkpoint. */
  deletePartition(prefixes: readonly string[]): Promise<void>;
}

/** The checkpoints where Redis is one node: what it loses it loses in the order in which it was written. */
export class SingleCheckpoints implements Checkpoints {
  constructor(private readonly redis: Redis) {}

  /** The least of those of the partition's prefixes. */
  async read(prefixes: readonly string[]): Promise<bigint | undefined> {
    const texts = await this.redis.mget(keysOf(prefixes));
    const before = texts.pop();
    return leastCheckpoint(texts) ?? leastCheckpoint([before ?? null]);
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
    await this.redis.del(...keysOf(prefixes));
  }
}

/** Removes the contexts and command records of a partition's sessions from one node. */
export async function deleteContexts(node: Redis, prefixes: readonly string[]): Promise<void> {
  const match = partitionKeys(prefixes);
  for await (const keys of node.scanStream({ match, count: keysPerScan })) {
    // In a cluster, keys of different slots are no matter of one command.
    const replies = await node.pipeline((keys as string[]).map((key) => ['unlink', key])).exec();
    for (const index of (keys as string[]).keys()) reply(replies, index);
  }
}

export function checkpointKey(prefix: string): string {
  return `projection:${prefix}`;
}

/** Before, a checkpoint had the names of all its prefixes: that is the last one. */
function keysOf(prefixes: readonly string[]): string[] {
  return [...prefixes.map(checkpointKey), checkpointKey(prefixes.join())];
}

/** Matches the keys of contexts and command records of the sessions whose streams begin with the prefixes. */
function partitionKeys(prefixes: readonly string[]): string {
  const digits = prefixes.map((prefix) => prefix.slice(sessionStream('').length));
  return `c[tm][xd]:{[${digits.join('')}]*`;
}

/** The least of several checkpoints; undefined: one of them is missing, or is no position. */
export function leastCheckpoint(texts: readonly (string | null)[]): bigint | undefined {
  let least: bigint | undefined;
  for (const text of texts) {
    const position = text === String(nothingWritten) ? nothingWritten : parsePosition(text ?? '');
    if (position === undefined) return undefined;
    if (least === undefined || position < least) least = position;
  }
  return least;
}
