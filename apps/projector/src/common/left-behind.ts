import type { BatchWriter } from '#platform';

/** Thrown when a backing service is available again and its writer has to continue from its checkpoint. */
export class LeftBehindError extends Error {
  constructor() {
    super('A backing service is available again after its queue was full.');
  }
}

/**
 * How long a batch has to fail before the events queued after it are dropped, in milliseconds: transient errors cost
 * nothing.
 */
const patienceMs = 5_000;

/**
 * The state of a writer whose backing service stays unavailable while its queue is full: queued events are dropped
 * and new ones refused, so that the other writer continues. When a batch is written again, the partition restarts and
 * delivers the events from the checkpoint.
 */
export class LeftBehind<T extends object> {
  private behind = false;
  /** When the current batch was first tried. */
  private begun: number | undefined;

  get is(): boolean {
    return this.behind;
  }

  /** Called when a batch was not written. */
  afterFailure(batches: BatchWriter<T>): void {
    const failingMs = performance.now() - (this.begun ?? performance.now());
    if (failingMs < patienceMs || !batches.isFull) return;
    this.behind = true;
    batches.discard(() => true);
  }

  /** Writes a batch, or a part of one. @throws LeftBehindError when it is written but later events were dropped */
  async write(work: () => Promise<void>): Promise<void> {
    this.begun ??= performance.now();
    await work();
    this.begun = undefined;
    if (this.behind) throw new LeftBehindError();
  }
}
