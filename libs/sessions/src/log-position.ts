import { sleep } from '#platform';
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
  const head = await headFrom(log, position);
  if (position > head) throw new PositionBeyondEndError(position, head);
}

/** How often the end of the log is read, and the pause between (ms): a read may not show yet what a subscription has delivered. */
const looks = { most: 10, pauseMs: 100 };

/** The end of the log, which is looked at until it has reached a position, or is known not to. */
export async function headFrom(log: { head(): Promise<bigint> }, position: bigint): Promise<bigint> {
  for (let look = 1; ; look += 1) {
    const head = await log.head();
    if (position <= head || look === looks.most) return head;
    await sleep(looks.pauseMs);
  }
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
