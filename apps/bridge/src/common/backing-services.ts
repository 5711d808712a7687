import { Inject, Injectable, Optional } from '@nestjs/common';
import { EventStore } from '#sessions';
import { Config, pingPostgres } from '#platform';
import type { KeyStore } from '#privacy';
import { KEY_STORE } from '#privacy';

/**
 * The services that incoming messages need: the sessions concerned are found in PostgreSQL, and the key of a session that is not in
 * memory in the key store. Commands work without Redis.
 */
@Injectable()
export class BackingServices {
  constructor(
    @Inject(EventStore) private readonly store: Pick<EventStore, 'ping'>,
    @Inject(Config) private readonly config: Pick<Config, 'databaseUrl'>,
    @Optional() @Inject(KEY_STORE) private readonly keys?: Pick<KeyStore, 'ping'>,
  ) {}

  /** Resolves when all of them answer; rejects when one does not. */
  async ping(): Promise<void> {
    // The store itself: `DataKeys` also reports master keys that failed, until somebody needs one, and those who wait here do not.
    await Promise.all([this.store.ping(), pingPostgres(this.config.databaseUrl), this.keys?.ping()]);
  }
}
