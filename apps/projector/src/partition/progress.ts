/** Where a writer of a partition is. */
export interface WriterState {
  readonly position: bigint | null;
  /** Whether there is, or may be, something behind its position. */
  readonly isBehind: boolean;
  /** Why the batch that it has is not written yet; undefined: nothing is known to be wrong. */
  readonly failure?: unknown;
}

/** How long a writer has made no progress although it had something to do. Looked at again and again. */
export class Progress {
  private position: bigint | null = null;
  private since: number;
  private failure: unknown;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.since = now();
  }

  observe({ position, isBehind, failure }: WriterState): void {
    if (failure !== undefined) this.failed(failure);
    if (isBehind && position === this.position) return;
    this.position = position;
    this.since = this.now();
    this.failure = failure;
  }

  /** Something has gone wrong that may be the reason why it makes no progress. */
  failed(error: unknown): void {
    this.failure = error;
  }

  /** What went wrong last, since it moved or had nothing to do. */
  get reason(): string | undefined {
    return this.failure instanceof Error ? this.failure.message : undefined;
  }

  /** Seconds since it moved, or had nothing to do. */
  get stalledS(): number {
    return (this.now() - this.since) / 1_000;
  }
}
