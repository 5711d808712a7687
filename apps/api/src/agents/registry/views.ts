import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { keyOf } from './script-runner.ts';
import { Registry } from './registry.ts';

interface InstanceView {
  readonly instance: string;
  readonly pool: string;
  readonly node: string;
  readonly capacity: number;
  readonly sessions: number;
  readonly draining: boolean;
  readonly since: string;
  /** Milliseconds; below 0: over, its sessions are about to move. */
  readonly lease_ms: number;
}

/** What the registry shows of itself. */
@Injectable()
export class RegistryViews {
  constructor(
    private readonly redis: Redis,
    private readonly registry: Registry,
  ) {}

  /** The instances that are connected, of one pool or of all. */
  async instances(only: string | undefined, limit: number): Promise<InstanceView[]> {
    const views: InstanceView[] = [];
    for (const pool of only === undefined ? await this.registry.poolNames() : [only]) {
      if (views.length >= limit) break;
      views.push(...(await this.instancesOf(pool, limit - views.length)));
    }
    return views;
  }

  /** How many sessions of each pool wait for an instance. */
  async waiting(): Promise<{ pool: string; sessions: number }[]> {
    const pools = await this.registry.poolNames();
    const counts = await Promise.all(
      pools.map((pool) => this.redis.zcount(`${keyOf(pool)}:waiting`, '-inf', '(+inf')),
    );
    return pools
      .map((pool, index) => ({ pool, sessions: counts[index] ?? 0 }))
      .filter(({ sessions }) => sessions > 0);
  }

  private async instancesOf(pool: string, limit: number): Promise<InstanceView[]> {
    const key = keyOf(pool);
    const range = ['-inf', '(+inf', 'WITHSCORES', 'LIMIT', 0, limit] as const;
    const leases = await this.redis.zrangebyscore(`${key}:leases`, ...range);
    const now = Date.now();
    const pipeline = this.redis.pipeline();
    for (let at = 0; at < leases.length; at += 2)
      pipeline.hgetall(`${key}:instance:${leases[at]}`).scard(`${key}:owned:${leases[at]}`);
    const replies = (await pipeline.exec()) ?? [];
    return leases.flatMap((instance, at) => {
      const about = (at % 2 === 0 ? replies[at]?.[1] : undefined) as Record<string, string> | undefined;
      if (about?.['node'] === undefined) return [];
      return {
        instance,
        pool,
        node: about['node'],
        capacity: Number(about['capacity']),
        sessions: Math.max(0, Number(replies[at + 1]?.[1]) - 1),
        draining: about['draining'] === '1',
        since: new Date(Number(about['since'])).toISOString(),
        lease_ms: Number(leases[at + 1]) - now,
      };
    });
  }
}
