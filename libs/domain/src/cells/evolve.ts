import type { CellEvent } from './events.ts';
import type { Home } from './home.ts';

/** The home after an event of a move. */
export function evolveHome({ type, data }: CellEvent): Home {
  if (type === 'SessionArrived') return { cell: data.cell, moved_by: data.move_id };
  const { from: cell, move_id, to } = data;
  return { cell, leaving: { move_id, to } };
}
