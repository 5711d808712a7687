interface LimitOptions {
  readonly min: number;
  readonly max: number;
  /** The limit never falls while the mean response time, in milliseconds, is within this target. */
  readonly targetMs: number;
}

const initial = 128;
/** The least number of answers for a decision about the limit. */
const leastSamples = 16;
const decrease = 0.9;

/** The maximum response time, as a multiple of the time with few requests in flight. */
const mostTimes = 2;
/** How fast the usual time follows answers that are slower than it. */
const following = 0.1;

/**
 * An adaptive limit of concurrent requests. It falls by a tenth when answers are too slow because many requests are
 * in flight. It rises by its square root when requests had to wait although answers are fast enough. So it follows
 * the current capacity of the system.
 */
export class AdaptiveLimit {
  private limit: number;
  private samples = 0;
  private sum = 0;
  private reached = false;
  /** The most requests in flight. */
  private inFlight = 0;
  /** The mean response time with few requests in flight; at first, with no more than the least limit. */
  private usualMs: number | undefined;
  /** Requests that began before the last change do not measure the current limit. */
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

  /** A request was answered. Both times are those of `performance.now()`; `inFlight` includes the request. */
  observe(began: number, ended: number, inFlight: number): void {
    if (began < this.changedAt) return;
    this.samples += 1;
    this.sum += ended - began;
    this.inFlight = Math.max(this.inFlight, inFlight);
    if (this.samples < Math.max(leastSamples, this.limit / 2)) return;
    this.judge(this.sum / this.samples, ended);
    this.samples = 0;
    this.sum = 0;
    this.inFlight = 0;
    this.reached = false;
  }

  private judge(meanMs: number, now: number): void {
    const { min } = this.options;
    const areFew = !this.reached && this.inFlight <= min / 2;
    if (areFew || (this.usualMs === undefined && this.limit === min)) this.learn(meanMs);
    const isSlow = meanMs > Math.max(this.options.targetMs, mostTimes * (this.usualMs ?? 0));
    if (isSlow && !areFew) this.change(this.limit * decrease, now);
    else if (!isSlow && this.reached) this.change(this.limit + Math.sqrt(this.limit), now);
  }

  private learn(meanMs: number): void {
    const { usualMs = meanMs } = this;
    this.usualMs = Math.min(meanMs, usualMs + (meanMs - usualMs) * following);
  }

  private change(limit: number, now: number): void {
    this.limit = clamp(Math.round(limit), this.options);
    this.changedAt = now;
  }
}

function clamp(limit: number, { min, max }: LimitOptions): number {
  return Math.min(max, Math.max(min, limit));
}
