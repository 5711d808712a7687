/** A move of a partner, with all sessions, from one cell to another. The ids of later moves are greater. */
export interface Move {
  readonly move_id: string;
  readonly to: string;
}

/**
 * In which cell a partner or a session takes commands; absent: it began before there were cells. `leaving`: in none, until
 * it has arrived in the other one. `moved_by`: the move that it arrived by, or that was given up; no older one counts any more.
 */
export interface Home {
  readonly cell: string;
  readonly leaving?: Move;
  readonly moved_by?: string;
}

/** The cell of a process. `first`: the cell of what began before there were cells; null: no cell's. */
export interface OwnCell {
  readonly own: string;
  readonly first: string | null;
}

/** Whether what has this home takes commands in another cell than this one; undefined: here. Null: nobody knows where. */
export function elsewhere(home: Home | undefined, here: OwnCell | undefined): string | null | undefined {
  if (home?.leaving !== undefined) return home.leaving.to;
  if (here === undefined) return undefined;
  const cell = home?.cell ?? here.first;
  return cell === here.own ? undefined : cell;
}
