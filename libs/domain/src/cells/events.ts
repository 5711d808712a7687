import type { Event, FieldClasses } from '../kernel/event.ts';

/** The session accepts no more commands in the cell: it moves to another one. */
export type SessionMoved = Event<'SessionMoved', { move_id: string; from: string; to: string }>;
/** The session accepts commands in the cell: its whole stream has arrived, or the move was cancelled. */
export type SessionArrived = Event<'SessionArrived', { move_id: string; cell: string }>;

export type CellEvent = SessionMoved | SessionArrived;

export const cellFieldClasses: FieldClasses<CellEvent> = {
  SessionMoved: { move_id: 'plain', from: 'plain', to: 'plain' },
  SessionArrived: { move_id: 'plain', cell: 'plain' },
};
