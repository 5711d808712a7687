import type { Logger } from '#platform';
import { isUnavailable, repeat } from '#platform';

/** Work that is repeated until the shutdown. What fails is tried again with the next run. */
export class BackgroundWork {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>[] = [];
  private unavailable = false;

  constructor(private readonly logger: Logger) {}

  /** Runs the work every `everyMs` milliseconds, one run at a time. */
  every(everyMs: number, work: () => Promise<void> | void): void {
    const run = async (): Promise<void> => {
      await work();
      this.unavailable = false;
    };
    const { signal } = this.stopping;
    this.running.push(repeat(run, { everyMs, signal, onError: this.onError }));
  }

  /** Runs the work once, beside the rest. */
  async once(work: () => Promise<void>): Promise<void> {
    await work().catch(this.onError);
  }

  /** Begins no further run; resolves when those under way have ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }

  /** One line is enough for a backing service that is unavailable for some time. */
  private readonly onError = (err: unknown): void => {
    if (!this.unavailable) this.logger.warn({ err }, 'background work for live agents failed');
    this.unavailable = isUnavailable(err);
  };
}
