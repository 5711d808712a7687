/** The state of a writer of a partition. */
export interface WriterState {
  readonly position: bigint | null;
  /** Whether there are, or may be, events after its position. */
  readonly isBehind: boolean;
  /** Why its current batch is not written yet; undefined: no failure is known. */
  readonly failure?: unknown;
}

/** How long a writer has made no progress although it had work. Has to be called periodically. */
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

  /** A failure that may be the reason for the lack of progress. */
  failed(error: unknown): void {
    this.failure = error;
  }

  /** The last failure since the writer moved or had no work. */
  get reason(): string | undefined {
    return this.failure instanceof Error ? this.failure.message : undefined;
  }

  /** Seconds since the writer moved or had no work. */
  get stalledS(): number {
    return (this.now() - this.since) / 1_000;
  }
}
