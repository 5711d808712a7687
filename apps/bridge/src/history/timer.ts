import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { Logger } from '#platform';
import { InjectLogger, repeat } from '#platform';
import { withHistoryLock } from '#read-models';
import { EventStore, HistoryConfig, sealHistory } from '#sessions';

/** How often a bridge checks whether a day is over. */
const everyMs = 600_000;

/** Signs each day's changes; one bridge at a time. Without a signing key it does nothing. */
@Injectable()
export class HistoryTimer {
  /** The beginning of the day before which everything is sealed. */
  private sealedBefore = 0;

  constructor(
    private readonly store: EventStore,
    private readonly pool: Pool,
    private readonly config: HistoryConfig,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.config.signer === undefined) {
      this.logger.info('histories are not signed: there is no HISTORY_SIGNING_KEY');
      return;
    }
    const onError = (err: unknown): void => this.logger.warn({ err }, 'histories are not sealed');
    const once = (): Promise<void> => this.sealDays(new Date(), signal);
    await once().catch(onError);
    await repeat(once, { everyMs, signal, onError });
  }

  /** Seals the events stored before the day of a time (UTC), unless that is done. */
  async sealDays(now: Date, signal?: AbortSignal): Promise<void> {
    const { signer } = this.config;
    const today = now.setUTCHours(0, 0, 0, 0);
    if (signer === undefined || today <= this.sealedBefore) return;
    const seal = async (until: AbortSignal): Promise<void> => {
      const roots = await sealHistory(this.store, { signer, before: new Date(today), signal: until });
      for (const { number, sessions, events, unchained } of roots) {
        const level = unchained === 0 ? 'info' : 'warn';
        this.logger[level]({ root: number, sessions, events, unchained }, 'histories are sealed');
      }
    };
    const isOurs = await withHistoryLock(this.pool, seal, signal);
    if (isOurs && signal?.aborted !== true) this.sealedBefore = today;
  }
}
