import type { Event, FieldClasses } from '../kernel/event.ts';

export type HandoffRequested = Event<'HandoffRequested', { reason: string | null }>;
export type HandoffAccepted = Event<'HandoffAccepted', { accepted_by: string }>;
export type HandoffReturned = Event<'HandoffReturned', { note: string | null }>;

export type HandoffEvent = HandoffRequested | HandoffAccepted | HandoffReturned;

export const handoffFieldClasses: FieldClasses<HandoffEvent> = {
  HandoffRequested: { reason: 'personal' },
  HandoffAccepted: { accepted_by: 'personal' },
  HandoffReturned: { note: 'personal' },
};
