const SAMPLES = 1_000;

/** Counts items and their average rate. */
export class Rate {
  private count = 0;
  private readonly startedAt = performance.now();
  private lastCount = 0;

  add(): void {
    this.count++;
  }

  get total(): number {
    return this.count;
  }

  get perSecond(): number {
    const seconds = (performance.now() - this.startedAt) / 1000;
    return Math.round(this.total / Math.max(1, seconds));
  }

  /** Items since the last call. */
  sinceLast(): number {
    const added = this.count - this.lastCount;
    this.lastCount = this.count;
    return added;
  }
}

/** The last processing times, in milliseconds, for the extra statistics. */
export class Latencies {
  private readonly samples: number[] = [];
  private next = 0;

  add(milliseconds: number): void {
    this.samples[this.next] = milliseconds;
    this.next = (this.next + 1) % SAMPLES;
  }

  measurements(): (readonly [key: string, milliseconds: number])[] {
    const sorted = this.samples.toSorted((a, b) => a - b);
    const at = (share: number): number =>
      Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
    const mean = sorted.reduce((sum, value) => sum + value, 0) / Math.max(1, sorted.length);
    return [
      ['Mean', Math.round(mean)],
      ['Median', at(0.5)],
      ['Fastest', at(0)],
      ...[1, 2, 3, 4, 5].map((n) => [`Quintile ${n}`, at(n / 5)] as const),
      ['90%', at(0.9)],
      ['95%', at(0.95)],
      ['99%', at(0.99)],
      ['99.5%', at(0.995)],
      ['99.9%', at(0.999)],
      ['Highest', at(1)],
    ];
  }
}
