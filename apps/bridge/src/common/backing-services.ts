import { Injectable } from '@nestjs/common';
import { EventStore } from '#sessions';
import { Config, pingPostgres } from '#platform';

/** What an incoming message needs: the sessions that it concerns are found in PostgreSQL. Commands do without Redis. */
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
