import { PositionBeyondEndError } from './errors.ts';

/** The largest position that a log can have. A server may report 2^64-1 for an empty log: that is no position. */
const largest = 2n ** 63n - 1n;

/** Whether a number is a commit position, which one may store and begin after. */
export function isPosition(position: bigint): boolean {
  return position >= 0n && position <= largest;
}

/** A position from its text; undefined when the text is none. */
export function parsePosition(text: string): bigint | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const position = BigInt(text);
  return isPosition(position) ? position : undefined;
}

/**
 * A server says nothing of a position after the end of its log: it sends no event until the log has grown past it.
 * @throws PositionBeyondEndError
 */
export async function checkWithinLog(log: { head(): Promise<bigint> }, position: bigint): Promise<void> {
  const head = await log.head();
  if (position > head) throw new PositionBeyondEndError(position, head);
}

/** Clocks of different machines may differ by so much, in milliseconds. */
const clockDifference = 60_000;

/**
 * Where to go on in a store that was restored to an earlier state, when a position was saved last at a time: before that,
 * nothing was stored that is new. Something that is known already may come again.
 */
export function positionAfterRestore(
  log: { positionBefore(time: Date): Promise<bigint> },
  savedAt: Date,
): Promise<bigint> {
  return log.positionBefore(new Date(savedAt.getTime() - clockDifference));
}
