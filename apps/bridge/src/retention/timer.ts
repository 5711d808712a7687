import { Inject, Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { Logger } from '#platform';
import { InjectLogger, repeat } from '#platform';
import { RetentionConfig } from '#privacy';
import { withRetentionLock } from '#read-models';
import { EventStore, HistoryConfig } from '#sessions';
import { runRetention } from './retention.ts';

/** Runs the retention periodically; one bridge at a time. Without a policy it does nothing. */
@Injectable()
export class RetentionTimer {
  constructor(
    private readonly store: EventStore,
    private readonly pool: Pool,
    @Inject(RetentionConfig) private readonly policy: RetentionConfig,
    private readonly history: HistoryConfig,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { policy, store, pool } = this;
    if (policy.sessionsDays + policy.partnersDays + policy.accessDays === 0) return;
    const onError = (err: unknown): void => this.logger.warn({ err }, 'retention interrupted');
    const work = async (until: AbortSignal): Promise<void> => {
      const { deleted } = await runRetention({
        store,
        pool,
        policy,
        apply: true,
        signer: this.history.signer,
        signal: until,
        onPartitionsKept: (err) => this.logger.warn({ err }, 'old partitions not dropped'),
      });
      if (!until.aborted) this.logger.info({ deleted }, 'retention done');
    };
    const once = async (): Promise<void> => {
      await withRetentionLock(pool, work, signal);
    };
    await once().catch(onError);
    await repeat(once, { everyMs: policy.intervalS * 1_000, signal, onError });
  }
}
