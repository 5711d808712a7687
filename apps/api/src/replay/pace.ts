/** The maximum pause of a replay between two events, in milliseconds: conversations may rest overnight. */
export const longestGapMs = 10_000;
/** The maximum speed of a replay, as a multiple of the recorded pace. */
export const fastest = 100_000;

/** The pace of a replay: the recorded gaps between events divided by the speed. */
export class Pace {
  private last: number | undefined;

  /** @param speed 10: ten times as fast as recorded; 0: without pauses */
  constructor(private readonly speed: number) {}

  /** How long to wait before an event with a stored time (ISO 8601), in milliseconds; the same in both directions. */
  gapBefore(created: string): number {
    const at = Date.parse(created);
    const gap = this.last === undefined ? 0 : Math.abs(at - this.last);
    this.last = at;
    return this.speed === 0 ? 0 : Math.min(longestGapMs, gap / this.speed);
  }
}
