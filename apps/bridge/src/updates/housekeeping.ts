import { Inject, Injectable, Optional } from '@nestjs/common';
import { Pool } from 'pg';
import type { Logger } from '#platform';
import { InjectLogger, repeat } from '#platform';
import type { KeyStore } from '#privacy';
import { DataKeys, destroyOld, KEY_STORE } from '#privacy';
import { forgetOwners } from '#read-models';
import { BridgeConfig } from '../common/config.ts';
import { keptPartners } from './kept-content.ts';
import { KeptUpdates } from './kept-updates.ts';

const everyMs = 30_000;
const hourMs = 3_600_000;

/** Drops kept updates, the keys of their days, and whose an order is, when their time is over. Each bridge does; they skip what another is dropping. */
@Injectable()
export class UpdateHousekeeping {
  constructor(
    private readonly kept: KeptUpdates,
    private readonly pool: Pool,
    @Inject(BridgeConfig)
    private readonly config: Pick<BridgeConfig, 'foreignReferencesDays' | 'keepUpdatesHours'>,
    @InjectLogger() private readonly logger: Logger,
    @Optional() private readonly keys?: DataKeys,
    @Optional() @Inject(KEY_STORE) private readonly keyStore?: KeyStore,
  ) {}

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { foreignReferencesDays, keepUpdatesHours } = this.config;
    // A key seals for the rest of its day.
    const ageMs = (24 + keepUpdatesHours + 1) * hourMs;
    const drop = async (): Promise<void> => {
      while (!signal.aborted && (await this.kept.dropSome()));
      while (!signal.aborted && (await forgetOwners(this.pool, foreignReferencesDays)));
      if (this.keyStore) await destroyOld(this.keyStore, this.keys, keptPartners, ageMs);
    };
    const onError = (err: unknown): void => this.logger.warn({ err }, 'updates and owners not dropped yet');
    await repeat(drop, { everyMs, signal, onError });
  }
}
