interface CircuitOptions {
  /** Failures within the window that open the circuit if they are at least half of its results. */
  readonly threshold: number;
  /** How long the circuit stays open, in milliseconds; then one request at a time is a trial. */
  readonly openMs: number;
}

interface Second {
  readonly second: number;
  failures: number;
  successes: number;
}

/** How long results count, in seconds. */
export const windowSeconds = 10;

/** A circuit breaker for one source. The caller passes the time, in milliseconds; it may go back. */
export class Circuit {
  private seconds: Second[] = [];
  private openUntil: number | undefined;

  constructor(private readonly options: CircuitOptions) {}

  get isOpen(): boolean {
    return this.openUntil !== undefined;
  }

  /** Whether a request may be sent now. */
  allows(now: number): boolean {
    if (this.openUntil === undefined) return true;
    // It stays open for much longer only if the clock went back; clocks of instances differ a little.
    const leftMs = this.openUntil - now;
    if (leftMs > 0 && leftMs <= this.options.openMs + windowSeconds * 1_000) return false;
    this.openUntil = now + this.options.openMs;
    return true;
  }

  /** A reply closes an open circuit. */
  succeeded(now: number): void {
    if (this.isOpen) this.seconds = [];
    this.openUntil = undefined;
    this.at(now).successes += 1;
  }

  failed(now: number): void {
    this.at(now).failures += 1;
    const { threshold, openMs } = this.options;
    const failures = this.seconds.reduce((sum, item) => sum + item.failures, 0);
    const successes = this.seconds.reduce((sum, item) => sum + item.successes, 0);
    if (this.isOpen || (failures >= threshold && failures >= successes)) this.openUntil = now + openMs;
  }

  private at(now: number): Second {
    const second = Math.floor(now / 1_000);
    this.seconds = this.seconds.filter((item) => Math.abs(second - item.second) < windowSeconds);
    const known = this.seconds.find((item) => item.second === second);
    if (known) return known;
    const fresh = { second, failures: 0, successes: 0 };
    this.seconds.push(fresh);
    return fresh;
  }
}
