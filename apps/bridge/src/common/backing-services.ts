import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { EventStore } from '#sessions';
import { pingPool, pingRedis } from '#platform';

/** What a command needs. */
@Injectable()
export class BackingServices {
  constructor(
    private readonly store: EventStore,
    private readonly redis: Redis,
    private readonly pool: Pool,
  ) {}

  /** Resolves when all of them answer; rejects when one does not. */
  async ping(): Promise<void> {
    await Promise.all([this.store.ping(), pingRedis(this.redis), pingPool(this.pool)]);
  }
}
