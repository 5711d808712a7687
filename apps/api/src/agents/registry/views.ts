import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { PageBudget } from '#platform';
import type { Page } from '#read-models';
import { InvalidCursorError } from '#read-models';
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
  /** Milliseconds; below 0: expired, its sessions are about to move. */
  readonly lease_ms: number;
}

/** Instances read per call. */
const readAtOnce = 500;

/** The read side of the registry. */
@Injectable()
export class RegistryViews {
  constructor(
    private readonly redis: Redis,
    private readonly registry: Registry,
  ) {}

  /**
   * The connected instances of the pools that are shown, or of one of these, ordered by name. @throws
   * InvalidCursorError
   */
  async instances(
    isShown: (pool: string) => boolean,
    only: string | undefined,
    limit: number,
    after?: string,
  ): Promise<Page<InstanceView>> {
    const [fromPool, fromInstance] = placeOf(after);
    const all = only === undefined ? await this.registry.poolNames() : [only];
    const pools = all.filter(isShown);
    const budget = new PageBudget();
    const items: InstanceView[] = [];
    for (const pool of pools.filter((name) => name >= fromPool).sort()) {
      for await (const view of this.instancesOf(pool, pool === fromPool ? fromInstance : '')) {
        const last = items.at(-1);
        const fits = items.length < limit && budget.takes(view);
        if (!fits && last !== undefined) return { items, next: `${last.pool}/${last.instance}` };
        items.push(view);
      }
    }
    return { items, next: null };
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

  private async *instancesOf(pool: string, after: string): AsyncGenerator<InstanceView> {
    const key = keyOf(pool);
    const scored = await this.redis.zrangebyscore(`${key}:leases`, '-inf', '(+inf', 'WITHSCORES');
    const leases = new Map(
      scored.flatMap((name, at) => (at % 2 === 0 ? [[name, Number(scored[at + 1])]] : [])),
    );
    const names = [...leases.keys()].filter((name) => name > after).sort();
    for (let at = 0; at < names.length; at += readAtOnce) {
      const now = Date.now();
      for (const { instance, about, owned } of await this.read(key, names.slice(at, at + readAtOnce))) {
        if (about['node'] === undefined) continue;
        yield {
          instance,
          pool,
          node: about['node'],
          capacity: Number(about['capacity']),
          sessions: Math.max(0, owned - 1),
          draining: about['draining'] === '1',
          since: new Date(Number(about['since'])).toISOString(),
          lease_ms: (leases.get(instance) ?? now) - now,
        };
      }
    }
  }

  /** Reads instances of a pool. */
  private async read(
    key: string,
    names: readonly string[],
  ): Promise<{ instance: string; about: Record<string, string>; owned: number }[]> {
    const pipeline = this.redis.pipeline();
    for (const name of names) pipeline.hgetall(`${key}:instance:${name}`).scard(`${key}:owned:${name}`);
    const replies = (await pipeline.exec()) ?? [];
    return names.map((instance, at) => ({
      instance,
      about: (replies[2 * at]?.[1] ?? {}) as Record<string, string>,
      owned: Number(replies[2 * at + 1]?.[1]),
    }));
  }
}

/** Pool and instance of the last item of a page. */
function placeOf(after = '/'): [pool: string, instance: string] {
  const slash = after.indexOf('/');
  if (slash < 0) throw new InvalidCursorError();
  return [after.slice(0, slash), after.slice(slash + 1)];
}
