import type { Redis } from 'ioredis';
import { parsePosition, sessionStream } from '#sessions';
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

/** The checkpoint of a partition: the least of those of its prefixes. */
export async function readCheckpoint(redis: Redis, prefixes: readonly string[]): Promise<bigint | undefined> {
  const texts = await redis.mget(keysOf(prefixes));
  const before = texts.pop();
  return leastCheckpoint(texts) ?? leastCheckpoint([before ?? null]);
}

/** Removes the contexts and command records of a partition's sessions, then its checkpoint. */
export async function deletePartition(redis: Redis, prefixes: readonly string[]): Promise<void> {
  const match = partitionKeys(prefixes);
  for await (const keys of redis.scanStream({ match, count: keysPerScan }))
    if ((keys as string[]).length > 0) await redis.unlink(keys as string[]);
  await redis.del(...keysOf(prefixes));
}

function checkpointKey(prefix: string): string {
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
function leastCheckpoint(texts: readonly (string | null)[]): bigint | undefined {
  let least: bigint | undefined;
  for (const text of texts) {
    const position = text === String(nothingWritten) ? nothingWritten : parsePosition(text ?? '');
    if (position === undefined) return undefined;
    if (least === undefined || position < least) least = position;
  }
  return least;
}
