import type { Logger } from '#platform';
import { isUnavailable, repeat } from '#platform';

/** Work that is repeated until the shutdown. A failed run is repeated with the next one. */
export class BackgroundWork {
  private readonly stopping = new AbortController();
  private readonly running = new Set<Promise<void>>();
  private unavailable = false;

  constructor(private readonly logger: Logger) {}

  /** Runs the work every `everyMs` milliseconds, one run at a time. */
  every(everyMs: number, work: () => Promise<void> | void): void {
    const { signal } = this.stopping;
    this.track(repeat(() => this.run(work), { everyMs, signal, onError: this.onError }));
  }

  /** Runs the work once, in parallel to the rest, unless the shutdown has begun. */
  once(work: () => Promise<void>): void {
    if (!this.stopping.signal.aborted) this.track(this.run(work).catch(this.onError));
  }

  /** Starts no further run; resolves when the current runs have ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }

  private async run(work: () => Promise<void> | void): Promise<void> {
    await work();
    this.unavailable = false;
  }

  private track(running: Promise<void>): void {
    this.running.add(running);
    void running.finally(() => this.running.delete(running));
  }

  /** A backing service that is unavailable for some time is logged once. */
  private readonly onError = (err: unknown): void => {
    if (!this.unavailable) this.logger.warn({ err }, 'background work for live agents failed');
    this.unavailable = isUnavailable(err);
  };
}
