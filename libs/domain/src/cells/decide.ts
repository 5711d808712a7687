import type { Decision, Rejected } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import type { CellCommand } from './commands.ts';
import type { CellEvent } from './events.ts';
import type { Home } from './home.ts';

export type CellRejection = 'session_elsewhere';

/** Decides a step of a move for a partner or session with this home. Repeating a step changes nothing. */
export function decideMove(command: CellCommand, home: Home | undefined): Decision<CellEvent, CellRejection> {
  const { move_id } = command;
  const isUnderWay = home?.leaving?.move_id === move_id;
  if (command.type === 'MoveSession') {
    const { from, to } = command;
    if (isUnderWay) return accept();
    if (home !== undefined && (home.leaving !== undefined || home.cell !== from)) return atHomeIn(home);
    // A delayed mover: its move has ended.
    if (home?.moved_by !== undefined && move_id <= home.moved_by) return atHomeIn(home);
    return accept<CellEvent>({ type: 'SessionMoved', data: { move_id, from, to } });
  }
  const { cell } = command;
  if (home?.leaving === undefined) return home?.cell === cell ? accept() : atHomeIn(home);
  if (!isUnderWay || (cell !== home.cell && cell !== home.leaving.to)) return atHomeIn(home);
  return accept<CellEvent>({ type: 'SessionArrived', data: { move_id, cell } });
}

/** Rejects a command that belongs in another cell. */
export function refuseElsewhere(cell: string | null): Rejected<CellRejection> {
  return reject('session_elsewhere', 'It is at home in another cell.', { cell });
}

function atHomeIn(home: Home | undefined): Rejected<CellRejection> {
  return refuseElsewhere(home?.leaving?.to ?? home?.cell ?? null);
}
