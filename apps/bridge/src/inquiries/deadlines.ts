import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '#platform';
import { InjectLogger, retry, sleep } from '#platform';
import { UnprojectableEventError } from '#sessions';
import { OutboundPartitions } from '../outbound/partitions.ts';
import { InquiryCommands } from './commands.ts';
import type { OpenInquiry } from './open-inquiries.ts';
import { UrgentTasks } from '../common/urgent-tasks.ts';

/** How long after the deadline an instance closes an inquiry whose session another instance owns (ms). */
const standInMs = 120;
/** The longest supported delay of a timer (ms). */
const longestTimer = 2_000_000_000;
const backOff = { minMs: 100, maxMs: 2_000, isRetryable };

/** A session that cannot be folded stays so until newer code runs, which starts with the open inquiries. */
function isRetryable(error: unknown): boolean {
  return !(error instanceof UnprojectableEventError);
}

/**
 * Closes inquiries at their deadlines. Its timers need not survive a restart: they derive from the inquiries' events.
 */
@Injectable()
export class Deadlines {
  /** Aborts the timer of an inquiry. */
  private readonly armed = new Map<string, AbortController>();
  private stopped = false;

  constructor(
    private readonly commands: InquiryCommands,
    private readonly urgent: UrgentTasks,
    @Inject(OutboundPartitions) private readonly partitions: Pick<OutboundPartitions, 'owns'>,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Sets the timer of an inquiry. `onGone` is called when its session no longer exists. */
  arm(inquiry: OpenInquiry, onGone: () => void): void {
    this.disarm(inquiry.inquiry_id);
    if (this.stopped) return;
    const timer = new AbortController();
    this.armed.set(inquiry.inquiry_id, timer);
    void this.closeInTime(inquiry, timer.signal, onGone);
  }

  disarm(inquiryId: string): void {
    this.armed.get(inquiryId)?.abort();
    this.armed.delete(inquiryId);
  }

  /** Resolves when the running closings have ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const timer of this.armed.values()) timer.abort();
    await this.urgent.stop();
  }

  private async closeInTime(inquiry: OpenInquiry, signal: AbortSignal, onGone: () => void): Promise<void> {
    const { inquiry_id, session_id } = inquiry;
    const onRetry = (err: unknown, attempt: number): void => {
      if (attempt === 1) this.logger.warn({ err, inquiry_id, session_id }, 'inquiry not closed yet');
    };
    const closeOnce = async (): Promise<void> => {
      await this.untilDeadline(inquiry, signal);
      await this.urgent.run(async () => {
        if (signal.aborted || (await this.commands.close(inquiry))) return;
        this.disarm(inquiry_id);
        onGone();
      });
    };
    await retry(closeOnce, { ...backOff, signal, onRetry }).catch((err: unknown) =>
      this.logger.error({ err, inquiry_id, session_id }, 'inquiry cannot be closed'),
    );
  }

  /**
   * Waits in steps, since a timer ignores a clock that is set back and has a maximum delay. Nothing closes before its
   * deadline.
   */
  private async untilDeadline({ session_id, deadline }: OpenInquiry, signal: AbortSignal): Promise<void> {
    const late = this.partitions.owns(session_id) ? 1 : standInMs;
    const at = Date.parse(deadline) + late;
    for (let wait = at - Date.now(); wait > 0 && !signal.aborted; wait = at - Date.now())
      await sleep(Math.min(longestTimer, wait), signal);
  }
}
