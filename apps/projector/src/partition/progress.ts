/** Where a writer of a partition is. */
export interface WriterState {
  readonly position: bigint | null;
  /** Whether there is, or may be, something behind its position. */
  readonly isBehind: boolean;
}

/** How long a writer has made no progress although it had something to do. Looked at again and again. */
export class Progress {
  private position: bigint | null = null;
  private since: number;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.since = now();
  }

  observe({ position, isBehind }: WriterState): void {
    if (isBehind && position === this.position) return;
    this.position = position;
    this.since = this.now();
  }

  /** Seconds since it moved, or had nothing to do. */
  get stalledS(): number {
    return (this.now() - this.since) / 1_000;
  }
}
