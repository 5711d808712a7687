import { Injectable } from '@nestjs/common';
import { withTimeout } from '#platform';

const atOnce = 64;
/** The longest time that other work waits (ms), so that it makes progress even under constant load. */
const longestYieldMs = 500;

/**
 * Time-critical tasks: closing inquiries, and giving up their sources. They have priority over all other work of the
 * bridge.
 */
@Injectable()
export class UrgentTasks {
  /** Tasks waiting for a place, in order. */
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private idle = Promise.withResolvers<void>();
  private stopped = false;

  /** Runs a task, with limited concurrency; after `stop`, does nothing. */
  async run(task: () => Promise<void>): Promise<void> {
    if (this.running >= atOnce) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.begin();
    try {
      if (!this.stopped) await task();
    } finally {
      this.end();
    }
  }

  /** For work that can wait: resolves when no task is running, or after a maximum time. */
  async yieldToDeadlines(): Promise<void> {
    if (this.running === 0) return;
    await withTimeout(this.idle.promise, longestYieldMs, () => new Error('still busy')).catch(
      () => undefined,
    );
  }

  /** Starts no more tasks; resolves when the running ones have ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.running > 0) await this.idle.promise;
  }

  private begin(): void {
    if (this.running === 0) this.idle = Promise.withResolvers<void>();
    this.running += 1;
  }

  /** Passes the place of a finished task to the next one. */
  private end(): void {
    const next = this.waiting.shift();
    if (next !== undefined) next();
    else this.running -= 1;
    if (this.running === 0) this.idle.resolve();
  }
}
