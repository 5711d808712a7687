import { Redis } from 'ioredis';
import { provisional } from './script-functions.ts';

/**
 * zset: pools in use -> when a node last said so (ms); the empty member is the marker that nothing is lost, as in the
 * pools' keys.
 */
const key = 'agents:pools';
/** An unused pool is forgotten after this many milliseconds. */
const idleMs = 60_000;

/**
 * The pools of the registry. Each node remembers the pools that it has seen in use, so that none is lost with the
 * key.
 */
export class Pools {
  private readonly seen = new Set<string>();

  constructor(private readonly redis: Redis) {}

  /** Records that a pool is in use; resolves to whether the pool is new, so that nothing of it can be lost. */
  async add(pool: string): Promise<boolean> {
    this.seen.add(pool);
    const replies = await this.redis.pipeline().zadd(key, Date.now(), pool).zscore(key, '').exec();
    return replies?.[0]?.[1] === 1 && isMark(replies[1]?.[1]);
  }

  /** All pools, and whether the list of them is complete. */
  async list(): Promise<{ pools: string[]; complete: boolean }> {
    const replies = await this.redis.pipeline().zrange(key, '0', '-1').zscore(key, '').exec();
    for (const [error] of replies ?? []) if (error) throw error;
    const known = (replies?.[0]?.[1] ?? []) as string[];
    const pools = new Set([...this.seen, ...known]);
    pools.delete('');
    return { complete: isMark(replies?.[1]?.[1]), pools: [...pools] };
  }

  /** The pools in use; this node forgets all others. */
  async keep(inUse: readonly string[]): Promise<void> {
    this.seen.clear();
    for (const pool of inUse) this.seen.add(pool);
    const now = Date.now();
    if (inUse.length > 0) await this.redis.zadd(key, ...inUse.flatMap((pool) => [now, pool]));
  }

  /** Begins the recovery of lost pools. */
  async beginMark(): Promise<void> {
    await this.redis.zadd(key, 'NX', provisional, '');
  }

  /** Ends the recovery: no pool is missing, except those lost since `beginMark`. */
  async endMark(): Promise<void> {
    await this.redis.zadd(key, 'XX', '+inf', '');
  }

  /** The pools that were not used for a while. */
  async idle(): Promise<string[]> {
    return this.redis.zrangebyscore(key, '-inf', Date.now() - idleMs);
  }

  async remove(pool: string): Promise<void> {
    await this.redis.zrem(key, pool);
  }
}

/** Whether the score of the empty member says that nothing is lost. */
function isMark(score: unknown): boolean {
  return score === 'inf';
}
