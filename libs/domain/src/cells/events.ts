import type { Event, FieldClasses } from '../kernel/event.ts';

/** The session takes no more commands in the cell: it goes to another one. */
export type SessionMoved = Event<'SessionMoved', { move_id: string; from: string; to: string }>;
/** The session takes commands in the cell: its whole stream has come, or the move was given up. */
export type SessionArrived = Event<'SessionArrived', { move_id: string; cell: string }>;

export type CellEvent = SessionMoved | SessionArrived;

export const cellFieldClasses: FieldClasses<CellEvent> = {
  SessionMoved: { move_id: 'plain', from: 'plain', to: 'plain' },
  SessionArrived: { move_id: 'plain', cell: 'plain' },
};
