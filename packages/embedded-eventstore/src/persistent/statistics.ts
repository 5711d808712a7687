const SAMPLES = 1_000;

/** Counts items, and how many there were in the last full second. */
export class Rate {
  total = 0;
  private readonly started = performance.now();
  private lastTotal = 0;

  add(): void {
    this.total++;
  }

  get perSecond(): number {
    const seconds = (performance.now() - this.started) / 1000;
    return Math.round(this.total / Math.max(1, seconds));
  }

  /** Items since this was last asked. */
  sinceLast(): number {
    const count = this.total - this.lastTotal;
    this.lastTotal = this.total;
    return count;
  }
}

/** The latest processing times, in milliseconds, for the extra statistics. */
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
