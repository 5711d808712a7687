/**
 * The period in which an expired lease, or a silent connection, says nothing about the other side: this process was
 * suspended, or Redis was unavailable, so that no message could arrive.
 */
export class GracePeriod {
  private endsAt = -Infinity;
  private checkedAt = performance.now();
  private checkedTime = Date.now();

  /** @param checkMs how often `lasts` is called */
  constructor(
    private readonly checkMs: number,
    private readonly graceMs: number,
  ) {}

  begin(): void {
    this.endsAt = performance.now() + this.graceMs;
  }

  /**
   * A late call means that this process was suspended: a new period begins. Either clock shows it: the monotonic one
   * stands still while the machine sleeps, the other may be set back.
   */
  lasts(): boolean {
    const now = performance.now();
    const time = Date.now();
    const passedMs = Math.max(now - this.checkedAt, time - this.checkedTime);
    if (passedMs > this.checkMs + this.graceMs) this.begin();
    this.checkedAt = now;
    this.checkedTime = time;
    return now < this.endsAt;
  }
}
