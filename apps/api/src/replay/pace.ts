/** How long a replay waits between two events at most, in milliseconds: people fall asleep, too. */
export const longestGapMs = 10_000;
/** How many times as fast as recorded a replay may go. */
export const fastest = 100_000;

/** The pace of a replay: the gaps between events as the store recorded them, divided by the speed. */
export class Pace {
  private last: number | undefined;

  /** @param speed 10: ten times as fast as recorded; 0: without any waits */
  constructor(private readonly speed: number) {}

  /** How long to wait before an event that was stored at a time (ISO 8601), in milliseconds. Backwards as forwards. */
  gapBefore(created: string): number {
    const at = Date.parse(created);
    const gap = this.last === undefined ? 0 : Math.abs(at - this.last);
    this.last = at;
    return this.speed === 0 ? 0 : Math.min(longestGapMs, gap / this.speed);
  }
}
