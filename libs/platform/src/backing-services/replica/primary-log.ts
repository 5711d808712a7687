/** How far a server's log is written, or replayed: the identity of the server and its timeline, and a position in bytes. */
export interface LogPosition {
  readonly cluster: string;
  readonly position: bigint;
}

interface Sample extends LogPosition {
  /** By `performance.now()`, before it was asked. */
  readonly at: number;
}

/** What is known of the log of the primary: where it ended, and when. By the clock of this process alone. */
export class PrimaryLog {
  private samples: Sample[] = [];

  /** @param keptMs for so long it is told when a position was the end */
  constructor(private readonly keptMs: number) {}

  /** The primary's log ended there at a time, or later. */
  add(sample: Sample): void {
    const last = this.samples.at(-1);
    // Another server, or one that has lost its last writes: what was known says nothing of it.
    if (last !== undefined && (last.cluster !== sample.cluster || last.position > sample.position))
      this.samples = [];
    if (last?.position === sample.position) this.samples.pop();
    this.samples.push(sample);
    const from = this.samples.findIndex(({ at }) => at >= sample.at - this.keptMs);
    if (from > 0) this.samples.splice(0, from);
  }

  /** As of when a replica that has replayed up to a position has everything, by `performance.now()`; undefined: not known. */
  asOf({ cluster, position }: LogPosition): number | undefined {
    return this.samples.findLast((sample) => sample.cluster === cluster && sample.position <= position)?.at;
  }
}
