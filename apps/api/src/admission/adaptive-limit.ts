interface LimitOptions {
  readonly min: number;
  readonly max: number;
  /** The mean time of answers, in milliseconds, beyond which the limit falls. */
  readonly targetMs: number;
}

const initial = 128;
/** Answers by which the limit is judged, at least. */
const leastSamples = 16;
const decrease = 0.9;

/**
 * How many requests may be worked on at once. It falls by a tenth when answers take longer than they should, and rises by
 * its square root when requests had to wait although answers were fast: it follows what the system can do now.
 */
export class AdaptiveLimit {
  private limit: number;
  private samples = 0;
  private sum = 0;
  private reached = false;
  /** Requests that began before the last change say nothing of the limit as it is. */
  private changedAt = -Infinity;

  constructor(private readonly options: LimitOptions) {
    this.limit = clamp(initial, options);
  }

  get current(): number {
    return this.limit;
  }

  /** A request has to wait. */
  markReached(): void {
    this.reached = true;
  }

  /** A request that began at a time was answered at another, both of `performance.now()`. */
  observe(began: number, ended: number): void {
    if (began < this.changedAt) return;
    this.samples += 1;
    this.sum += ended - began;
    if (this.samples < Math.max(leastSamples, this.limit / 2)) return;
    const mean = this.sum / this.samples;
    if (mean > this.options.targetMs) this.change(this.limit * decrease, ended);
    else if (this.reached) this.change(this.limit + Math.sqrt(this.limit), ended);
    this.samples = 0;
    this.sum = 0;
    this.reached = false;
  }

  private change(limit: number, now: number): void {
    this.limit = clamp(Math.round(limit), this.options);
    this.changedAt = now;
  }
}

function clamp(limit: number, { min, max }: LimitOptions): number {
  return Math.min(max, Math.max(min, limit));
}
