/**
 * The period in which an expired lease, or a silent connection, says nothing about the other side: this process was
 * suspended, or Redis was unavailable, so that no message could arrive.
 */
export class GracePeriod {
  private endsAt = 0;
  private checkedAt = Date.now();

  /** @param checkMs how often `lasts` is called */
  constructor(
    private readonly checkMs: number,
    private readonly graceMs: number,
  ) {}

  begin(now = Date.now()): void {
    this.endsAt = now + this.graceMs;
  }

  /** A late call means that this process was suspended: a new period begins. */
  lasts(now = Date.now()): boolean {
    if (now - this.checkedAt > this.checkMs + this.graceMs) this.begin(now);
    this.checkedAt = now;
    return now < this.endsAt;
  }
}
