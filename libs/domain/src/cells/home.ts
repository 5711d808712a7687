/** A move of a partner, with all sessions, from one cell to another. The ids of later moves are greater. */
export interface Move {
  readonly move_id: string;
  readonly to: string;
}

/**
 * The cell in which a partner or session accepts commands; absent: it started before there were cells. `leaving`: it accepts none
 * until it has arrived in the other cell. `moved_by`: the move by which it arrived or that was cancelled; older moves are ignored.
 */
export interface Home {
  readonly cell: string;
  readonly leaving?: Move;
  readonly moved_by?: string;
}

/** The cell of a process. `first`: the cell of everything from before there were cells; null: no cell's. */
export interface OwnCell {
  readonly own: string;
  readonly first: string | null;
}

/** The other cell that accepts the commands; undefined: this one does. Null: the cell is unknown. */
export function elsewhere(home: Home | undefined, here: OwnCell | undefined): string | null | undefined {
  if (home?.leaving !== undefined) return home.leaving.to;
  if (here === undefined) return undefined;
  const cell = home?.cell ?? here.first;
  return cell === here.own ? undefined : cell;
}
