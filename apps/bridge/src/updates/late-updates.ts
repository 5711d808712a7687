import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '#platform';
import { InjectLogger, inParallel, isUnavailable } from '#platform';
import { BridgeMetrics } from '../common/metrics.ts';
import { UrgentTasks } from '../common/urgent-tasks.ts';
import type { Mention } from '../references/changes.ts';
import type { LateUpdate } from './kept-updates.ts';
import { KeptUpdates } from './kept-updates.ts';
import { Ownership } from './ownership.ts';
import { InterruptedError, UpdateRecorder } from './recorder.ts';

/** Sessions processed concurrently. */
const atOnce = 8;

/** Records kept updates in sessions that began, or mentioned the references, after the updates had arrived. */
@Injectable()
export class LateUpdates {
  constructor(
    @Inject(KeptUpdates) private readonly kept: Pick<KeptUpdates, 'findFor' | 'markMatched' | 'read'>,
    @Inject(Ownership) private readonly ownership: Pick<Ownership, 'addressees'>,
    @Inject(UpdateRecorder) private readonly recorder: Pick<UpdateRecorder, 'record'>,
    @Inject(UrgentTasks) private readonly urgent: Pick<UrgentTasks, 'yieldToDeadlines'>,
    @Inject(BridgeMetrics) private readonly metrics: Pick<BridgeMetrics, 'late' | 'lateFailed'>,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * Records in each session the kept updates that concern it by mentions after a position, ordered by time. The
   * mentions are in the index. Repeating it changes nothing.
   * @throws when a backing service is unavailable; InterruptedError after the signal: the remaining updates are not
   * known
   */
  async record(mentions: readonly Mention[], after: bigint | null, signal?: AbortSignal): Promise<void> {
    const bySession = Map.groupBy(await this.kept.findFor(mentions, after), ({ session_id }) => session_id);
    const recordIn = async (updates: readonly LateUpdate[]): Promise<void> => {
      // A session with several mentions may find an update by each of them.
      for (const update of new Map(updates.map((item) => [item.id, item])).values())
        if (signal?.aborted || !(await this.tryRecord(update))) return;
    };
    await inParallel(bySession.values(), atOnce, recordIn, signal);
    if (signal?.aborted) throw new InterruptedError();
  }

  /** Records one update; false: the session takes no more. A session that fails does not delay the others. */
  private async tryRecord(late: LateUpdate): Promise<boolean> {
    const { session_id, partner_id, id, before_session } = late;
    await this.urgent.yieldToDeadlines();
    try {
      const kept = await this.kept.read(id);
      const [addressees] = kept ? await this.ownership.addressees([kept.about]) : [];
      if (kept === undefined || addressees === undefined) return true;
      const { references, partner } = addressees;
      if (references.length === 0 || (partner !== null && partner !== partner_id)) return true;
      const recording = await this.recorder.record(session_id, kept.update, before_session);
      if (recording === 'over') return false;
      if (recording === 'recorded') this.metrics.late.inc();
      await this.kept.markMatched(id);
      return true;
    } catch (err) {
      if (isUnavailable(err)) throw err;
      this.metrics.lateFailed.inc();
      this.logger.error({ err, session_id }, 'update not recorded late');
      return true;
    }
  }
}
