import type { Event, FieldClasses } from '../kernel/event.ts';
import type { PartnerState } from './state.ts';

type PartnerData = PartnerState & { readonly partner_id: string };

/** A session was named that is about to start. */
export type PartnerSessionAssigned = Event<'PartnerSessionAssigned', PartnerData>;
/** What a session leaves to the partner's next one was merged into the partner's memory. */
export type PartnerRemembered = Event<'PartnerRemembered', PartnerData>;

/**
 * The events of a partner's stream. Each holds the whole state after it: reading costs the same however many sessions the
 * partner had, and older events can go.
 */
export type PartnerEvent = PartnerSessionAssigned | PartnerRemembered;

const state = {
  partner_id: 'plain',
  last_session_id: 'plain',
  memory: 'personal',
  sessions: 'personal',
} as const;

export const partnerFieldClasses: FieldClasses<PartnerEvent> = {
  PartnerSessionAssigned: state,
  PartnerRemembered: state,
};

/** Whether this version of the code knows an event type of a partner's stream. */
export function isPartnerEventType(type: string): type is PartnerEvent['type'] {
  return Object.hasOwn(partnerFieldClasses, type);
}
