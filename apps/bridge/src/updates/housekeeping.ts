import { Inject, Injectable, Optional } from '@nestjs/common';
import { Pool } from 'pg';
import type { Logger } from '#platform';
import { InjectLogger, repeat } from '#platform';
import type { KeyStore } from '#privacy';
import { DataKeys, destroyOld, KEY_STORE } from '#privacy';
import { forgetOwners } from '#read-models';
import { BridgeConfig } from '../common/config.ts';
import { letterPartners } from '../common/sealed-letters.ts';
import { keptPartners } from './kept-content.ts';
import { KeptUpdates } from './kept-updates.ts';

const everyMs = 30_000;
const hourMs = 3_600_000;

/**
 * Deletes expired kept updates, the keys of their days, and expired owners of references. Every bridge does so, and
 * skips rows that another one is deleting.
 */
@Injectable()
export class UpdateHousekeeping {
  constructor(
    private readonly kept: KeptUpdates,
    private readonly pool: Pool,
    @Inject(BridgeConfig)
    private readonly config: Pick<BridgeConfig, 'foreignReferencesDays' | 'keepUpdatesHours' | 'topics'>,
    @InjectLogger() private readonly logger: Logger,
    @Optional() @Inject(DataKeys) private readonly keys?: DataKeys,
    @Optional() @Inject(KEY_STORE) private readonly keyStore?: KeyStore,
  ) {}

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { foreignReferencesDays } = this.config;
    const drop = async (): Promise<void> => {
      while (!signal.aborted && (await this.kept.dropSome()));
      while (!signal.aborted && (await forgetOwners(this.pool, foreignReferencesDays)));
      await this.destroyKeys();
    };
    const onError = (err: unknown): void => this.logger.warn({ err }, 'updates and owners not dropped yet');
    await repeat(drop, { everyMs, signal, onError });
  }

  /**
   * Destroys the keys of days whose updates, or dead letters, have all expired. A key is in use until the end of its
   * day.
   */
  private async destroyKeys(): Promise<void> {
    const { keyStore, keys } = this;
    if (!keyStore) return;
    const { keepUpdatesHours, topics } = this.config;
    await destroyOld(keyStore, keys, keptPartners, ageMs(keepUpdatesHours));
    await destroyOld(keyStore, keys, letterPartners, ageMs(topics.deadLetterRetentionHours));
  }
}

/** The age at which the key of a day can be destroyed, if data are kept for `hours`. */
function ageMs(hours: number): number {
  return (24 + hours + 1) * hourMs;
}
