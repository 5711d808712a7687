import { sleep } from '#platform';
import { PositionBeyondEndError } from './errors.ts';

/** The largest position that a log can have. A server may report 2^64-1 for an empty log, which is not a position. */
const largest = 2n ** 63n - 1n;

/** Whether a number is a commit position that can be stored and resumed from. */
export function isPosition(position: bigint): boolean {
  return position >= 0n && position <= largest;
}

/**
 * Whether everything up to a checkpoint was passed on, and it can be resumed from. A prepare position below the commit position means
 * that the event at the commit position is yet to come.
 */
export function isPassed({ commit, prepare }: { commit: bigint; prepare: bigint }): boolean {
  return isPosition(commit) && prepare >= commit;
}

/** Parses a position; undefined when the text is not one. */
export function parsePosition(text: string): bigint | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const position = BigInt(text);
  return isPosition(position) ? position : undefined;
}

/**
 * Checks a position against the end of the log. A server reports no error for a later position: it just sends nothing until the
 * log has grown past it.
 * @throws PositionBeyondEndError
 */
export async function checkWithinLog(log: { head(): Promise<bigint> }, position: bigint): Promise<void> {
  const head = await headFrom(log, position);
  if (position > head) throw new PositionBeyondEndError(position, head);
}

/** How often the end of the log is read, and the pause in between (ms): a read may lag behind a subscription. */
const looks = { most: 10, pauseMs: 100 };

/** The end of the log, read repeatedly until it reaches a position or clearly does not. */
export async function headFrom(log: { head(): Promise<bigint> }, position: bigint): Promise<bigint> {
  for (let look = 1; ; look += 1) {
    const head = await log.head();
    if (position <= head || look === looks.most) return head;
    await sleep(looks.pauseMs);
  }
}

/** Clock difference between machines that is tolerated, in milliseconds. */
const clockDifference = 60_000;

/**
 * Where to resume in a store that was restored to an earlier state, when a position was last saved at a time: nothing stored before
 * that is new. Known events may be delivered again.
 */
export function positionAfterRestore(
  log: { positionBefore(time: Date): Promise<bigint> },
  savedAt: Date,
): Promise<bigint> {
  return log.positionBefore(new Date(savedAt.getTime() - clockDifference));
}
