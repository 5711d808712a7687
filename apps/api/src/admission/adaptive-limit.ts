interface LimitOptions {
  readonly min: number;
  readonly max: number;
  /** The mean time of answers, in milliseconds, up to which the limit never falls. */
  readonly targetMs: number;
}

const initial = 128;
/** Answers by which the limit is judged, at least. */
const leastSamples = 16;
const decrease = 0.9;

/** How many times as long as with few requests in flight answers may take. */
const mostTimes = 2;
/** How fast the usual time follows answers that take longer than it. */
const following = 0.1;

/**
 * How many requests may be worked on at once. It falls by a tenth when answers take longer than they should because so many
 * are in flight, and rises by its square root when requests had to wait although they do not: it follows what the system
 * can do now.
 */
export class AdaptiveLimit {
  private limit: number;
  private samples = 0;
  private sum = 0;
  private reached = false;
  /** The most requests in flight. */
  private inFlight = 0;
  /** The mean time of answers with few in flight; until few were seen, with no more than the least limit. */
  private usualMs: number | undefined;
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

  /** A request that began at a time was answered at another, both of `performance.now()`; so many were in flight, with it. */
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
