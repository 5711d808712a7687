import { Injectable } from '@nestjs/common';
import { EventStore } from '#sessions';
import { Config, pingPostgres } from '#platform';

/**
 * The services that incoming messages need: the sessions concerned are found in PostgreSQL. Commands work without
 * Redis.
 */
@Injectable()
export class BackingServices {
  constructor(
    private readonly store: EventStore,
    private readonly config: Config,
  ) {}

  /** Resolves when all of them answer; rejects when one does not. */
  async ping(): Promise<void> {
    await Promise.all([this.store.ping(), pingPostgres(this.config.databaseUrl)]);
  }
}
