import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { keyOf } from './script-runner.ts';
import { Registry } from './registry.ts';

/** A waiting session and its pool. */
interface PoolSession {
  readonly pool: string;
  readonly session_id: string;
}

/** The sessions that wait for an instance, and those of them without a requested handoff. */
@Injectable()
export class WaitingSessions {
  constructor(
    private readonly redis: Redis,
    private readonly registry: Registry,
  ) {}

  /** Sessions that have waited since before a time (ms) without a requested handoff. */
  async unanswered(before: number, limit: number): Promise<PoolSession[]> {
    return this.ofEachPool((pool) =>
      this.redis.zrangebyscore(`${keyOf(pool)}:unanswered`, '-inf', String(before), 'LIMIT', 0, limit),
    );
  }

  /** A handoff was requested. */
  async answered({ pool, session_id }: PoolSession): Promise<void> {
    await this.redis.zrem(`${keyOf(pool)}:unanswered`, session_id);
  }

  /** No handoff can be requested now: it is due again after the same time. */
  async postpone({ pool, session_id }: PoolSession): Promise<void> {
    await this.redis.zadd(`${keyOf(pool)}:unanswered`, 'XX', Date.now(), session_id);
  }

  /** Waiting sessions of each pool, chosen at random. */
  async some(perPool: number): Promise<PoolSession[]> {
    const random = (pool: string) => this.redis.zrandmember(`${keyOf(pool)}:waiting`, perPool);
    return this.ofEachPool(async (pool) => (await random(pool)) ?? []);
  }

  /** Without the empty member, which is a marker. */
  private async ofEachPool(find: (pool: string) => Promise<string[]>): Promise<PoolSession[]> {
    const ofPool = async (pool: string): Promise<PoolSession[]> =>
      (await find(pool)).flatMap((session_id) => (session_id === '' ? [] : [{ pool, session_id }]));
    return (await Promise.all((await this.registry.poolNames()).map(ofPool))).flat();
  }
}
