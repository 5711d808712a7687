import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenInquiry } from './open-inquiries.ts';
import { TaskQueue } from './task-queue.ts';

export interface DeadlinesOptions {
  /** Whether this instance closes for a session; for others' it only steps in when that does not happen. */
  readonly owns: (sessionId: string) => boolean;
  /** Whether there is still something to close. */
  readonly isOpen: (inquiryId: string) => boolean;
  /** Closes an inquiry; false when it has to be tried again. */
  readonly close: (inquiry: OpenInquiry) => Promise<boolean>;
}

/** How long after the deadline an instance closes the inquiry of a session that is another's. */
const standInMs = 120;
const atOnce = 64;
/** How long other work lets deadlines go first, so that it gets on even where they never end. */
const longestWayMs = 500;
const longestTimer = 2_000_000_000;

/** The timers of open inquiries. Nothing is lost with them: they are made anew from the inquiries' events. */
export class Deadlines {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly tasks = new TaskQueue(atOnce);
  private readonly stopping = new AbortController();

  constructor(private readonly options: DeadlinesOptions) {}

  /** Sets the timer of an inquiry, or sets it anew. */
  arm(inquiry: OpenInquiry): void {
    const { inquiry_id, session_id, deadline } = inquiry;
    const late = this.options.owns(session_id) ? 1 : standInMs;
    const wait = Math.max(0, Math.min(longestTimer, Date.parse(deadline) + late - Date.now()));
    clearTimeout(this.timers.get(inquiry_id));
    const timer = setTimeout(() => this.urgently(() => this.close(inquiry)), wait);
    this.timers.set(inquiry_id, timer);
  }

  disarm(inquiryId: string): void {
    clearTimeout(this.timers.get(inquiryId));
    this.timers.delete(inquiryId);
  }

  /** Runs a task among the closings. */
  urgently(task: () => Promise<unknown>): void {
    if (!this.stopping.signal.aborted) this.tasks.add(task);
  }

  /** For work that can wait: resolves when no deadline is being served, or after a moment. */
  yieldToDeadlines(): Promise<void> {
    return this.tasks.yieldToDeadlines(longestWayMs);
  }

  /** Ends after what is under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    for (const timer of this.timers.values()) clearTimeout(timer);
    await this.tasks.stop();
  }

  private async close(inquiry: OpenInquiry): Promise<void> {
    const { signal } = this.stopping;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      if (!this.options.isOpen(inquiry.inquiry_id)) return;
      // Timers know nothing of a clock that is set back, or of a wait longer than theirs: before its time nothing closes.
      if (Date.now() < Date.parse(inquiry.deadline)) {
        this.arm(inquiry);
        return;
      }
      if (await this.options.close(inquiry)) return;
      await sleep(Math.min(2_000, 100 * 2 ** attempt), undefined, { signal }).catch(() => undefined);
    }
  }
}
