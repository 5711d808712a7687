export interface CircuitOptions {
  /** Failures without a success between them that open the circuit. */
  readonly threshold: number;
  /** How long nothing is asked then, in milliseconds; afterwards one question at a time tries whether it works again. */
  readonly openMs: number;
}

/** A circuit breaker for one source. Time comes from the caller, in milliseconds. */
export class Circuit {
  private failures = 0;
  private openUntil = 0;

  constructor(private readonly options: CircuitOptions) {}

  /** Whether the source may be asked now. */
  allows(now: number): boolean {
    if (this.failures < this.options.threshold) return true;
    if (now < this.openUntil) return false;
    this.openUntil = now + this.options.openMs;
    return true;
  }

  succeeded(): void {
    this.failures = 0;
  }

  failed(at: number): void {
    this.failures += 1;
    if (this.failures >= this.options.threshold)
      this.openUntil = Math.max(this.openUntil, at + this.options.openMs);
  }

  get isOpen(): boolean {
    return this.failures >= this.options.threshold;
  }
}
