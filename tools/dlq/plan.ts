import type { Action, Mark, Written } from './marks.ts';
import { markOf } from './marks.ts';

/** The actions for a page of letters, and their marks. */
export interface Plan<L> {
  readonly chosen: readonly L[];
  /** To be stored in this order. */
  readonly marks: readonly Mark[];
  /** The last mark of the page, which the next page may extend. */
  readonly open: Mark | undefined;
}

/**
 * Selects the open letters of a page that match. Consecutive letters share a mark, which also extends that of the
 * letters before them and grows from page to page: a topic without exceptions has few marks.
 * @param marks those of the page, latest first
 * @param open the last mark of the previous page
 */
export function planPage<L extends Written>(
  letters: readonly L[],
  action: Action,
  isWanted: (letter: L) => boolean,
  marks: readonly Mark[],
  open?: Mark,
): Plan<L> {
  const chosen: L[] = [];
  const grown: Mark[] = [];
  let current = open;
  for (const letter of letters) {
    const known = markOf(marks, letter);
    if (known !== undefined || !isWanted(letter)) {
      current = known?.action === action ? known : undefined;
      continue;
    }
    chosen.push(letter);
    const next = extended(current, action, letter);
    if (grown.length > 0 && grown.at(-1) === current) grown.pop();
    grown.push(next);
    current = next;
  }
  return { chosen, marks: grown, open: current };
}

function extended(mark: Mark | undefined, action: Action, { offset, time }: Written): Mark {
  if (mark === undefined) return { action, first: offset, last: offset, oldest: time, newest: time };
  const [oldest, newest] = [Math.min(mark.oldest, time), Math.max(mark.newest, time)];
  return { ...mark, last: offset > mark.last ? offset : mark.last, oldest, newest };
}
