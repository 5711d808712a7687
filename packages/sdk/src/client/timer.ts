/** The maximum delay of a timer: a longer one would be over at once. */
const maxMs = 2 ** 31 - 1;

/** The delay of a timer for a time limit, which may be Infinity. */
export function timerMs(ms: number): number {
  return Math.min(ms, maxMs);
}
