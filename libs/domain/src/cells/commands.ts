import type { Command } from '../kernel/command.ts';

/** Stops all commands of a session, so that it can be copied into another cell. A session that has not started can no longer start here. */
export type MoveSession = Command<'MoveSession', { move_id: string; from: string; to: string }>;
/** The session accepts commands again: in the cell where it has arrived, or where it was. */
export type ArriveSession = Command<'ArriveSession', { move_id: string; cell: string }>;

export type CellCommand = MoveSession | ArriveSession;

export function isCellCommand(command: { readonly type: string }): command is CellCommand {
  return command.type === 'MoveSession' || command.type === 'ArriveSession';
}
