/** How far a server's log is written, or replayed: the identity of the server and its timeline, and a position in bytes. */
export interface LogPosition {
  readonly cluster: string;
  readonly position: bigint;
}

interface Sample extends LogPosition {
  /** By `performance.now()`, before it was asked. */
  readonly at: number;
}

/** Where the primary's log ended at which times, by the clock of this process alone. */
export class PrimaryLog {
  private samples: Sample[] = [];

  /** @param keptMs how long samples are kept */
  constructor(private readonly keptMs: number) {}

  /** Records that the primary's log ended there at that time, or later. */
  add(sample: Sample): void {
    const last = this.samples.at(-1);
    // Another server, or one that has lost its last writes: the earlier samples do not apply to it.
    if (last !== undefined && (last.cluster !== sample.cluster || last.position > sample.position))
      this.samples = [];
    if (last?.position === sample.position) this.samples.pop();
    this.samples.push(sample);
    const from = this.samples.findIndex(({ at }) => at >= sample.at - this.keptMs);
    if (from > 0) this.samples.splice(0, from);
  }

  /** The time as of which a replica that has replayed up to a position is complete, by `performance.now()`; undefined: unknown. */
  asOf({ cluster, position }: LogPosition): number | undefined {
    return this.samples.findLast((sample) => sample.cluster === cluster && sample.position <= position)?.at;
  }
}
