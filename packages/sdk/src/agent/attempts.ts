/** The largest attempt of the protocol. */
const limit = 2 ** 52;
/** How often a first connection adopts the attempt that the API suggests. */
const corrections = 3;

/** The attempt numbers of an instance's connections. They only grow: the clock, which may be set back, is read once. */
export class Attempts {
  private last: number | undefined;
  private corrected = 0;

  next(): number {
    this.last = this.last === undefined ? Date.now() : this.last + 1;
    return this.last;
  }

  /**
   * An earlier process of the instance had a higher number, since the clock was set back.
   * @returns whether to connect again
   */
  correct(newest: number): boolean {
    this.corrected += 1;
    if (!(newest < limit) || this.corrected > corrections) return false;
    this.last = Math.max(this.last ?? 0, newest);
    return true;
  }
}
