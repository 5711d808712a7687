import type { Action, Mark, Written } from './marks.ts';
import { markOf } from './marks.ts';

/** What is to be done with a page of letters, and how it is remembered. */
export interface Plan<L> {
  readonly chosen: readonly L[];
  /** To be stored, in their order. */
  readonly marks: readonly Mark[];
  /** The last mark of the page, which the next one may continue. */
  readonly open: Mark | undefined;
}

/**
 * Chooses the letters of a page that are open and wanted. Those that follow one another share a mark, which also continues
 * that of the letters before them and grows from page to page: a topic without exceptions has few.
 * @param marks those of the page, the latest first
 * @param open the mark of the page before
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
