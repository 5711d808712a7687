import type { BatchWriter } from '#platform';

/** Thrown when a backing service is available again and its writer has to go on from its checkpoint. */
export class LeftBehindError extends Error {
  constructor() {
    super('A backing service is available again, after more events than may wait for it.');
  }
}

/** How long a batch fails before what waits behind it is dropped, in milliseconds: an error that passes costs nothing. */
const patienceMs = 5_000;

/**
 * A writer whose backing service stays unavailable while its queue is full: what waits is dropped and what follows is not
 * taken, so that the other writer goes on. With the first batch that is written the partition restarts, and the events
 * come again from the checkpoint.
 */
export class LeftBehind<T extends object> {
  private behind = false;
  /** When what is being written was tried first. */
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

  /** Writes a batch, or a part of one. @throws LeftBehindError when it is written and others are missing behind it */
  async write(work: () => Promise<void>): Promise<void> {
    this.begun ??= performance.now();
    await work();
    this.begun = undefined;
    if (this.behind) throw new LeftBehindError();
  }
}
