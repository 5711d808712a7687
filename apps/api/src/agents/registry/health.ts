import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { Logger } from '#platform';
import { HealthChecks, InjectLogger, redisMasters } from '#platform';
import { Pools } from './pools.ts';

/**
 * Reports at start and in the readiness whether Redis may evict keys of the registry, and whether the registry is
 * complete.
 */
@Injectable()
export class RegistryHealth implements OnApplicationBootstrap {
  private readonly pools: Pools;

  constructor(
    private readonly redis: Redis,
    health: HealthChecks,
    @InjectLogger() private readonly logger: Logger,
  ) {
    this.pools = new Pools(redis);
    health.addDetail('agents', async () => ({
      registry_complete: (await this.pools.list()).complete,
      eviction_policy: await this.evictionPolicy(),
    }));
  }

  async onApplicationBootstrap(): Promise<void> {
    const policy = await this.evictionPolicy().catch(() => 'unknown');
    if (policy === 'noeviction') return;
    this.logger.warn({ policy }, 'Redis may evict keys: set its maxmemory-policy to noeviction');
  }

  private async evictionPolicy(): Promise<string> {
    const texts = await Promise.all(redisMasters(this.redis).map((node) => node.info('memory')));
    const policies = texts.map((text) => /^maxmemory_policy:(\S+)/m.exec(text)?.[1] ?? 'unknown');
    return policies.find((policy) => policy !== 'noeviction') ?? policies[0] ?? 'unknown';
  }
}
