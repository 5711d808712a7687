import type { Home } from '../cells/home.ts';
import type { Event, FieldClasses } from '../kernel/event.ts';
import type { PartnerPrivacy } from './privacy.ts';
import type { PartnerState } from './state.ts';

type PartnerData = PartnerState & { readonly partner_id: string };

/** A session that is about to start was listed. */
export type PartnerSessionAssigned = Event<'PartnerSessionAssigned', PartnerData>;
/** The changes of a session were merged into the partner's memory. */
export type PartnerRemembered = Event<'PartnerRemembered', PartnerData>;

/** The erasure begins: no session of the partner starts until it is done. */
export type PartnerErasureRequested = Event<'PartnerErasureRequested', PartnerData>;
/** The partner's data have to be kept for a time, and only the role RESTRICTED_ROLE reads them. */
export type PartnerRestricted = Event<'PartnerRestricted', PartnerData>;
export type PartnerErasureAnnounced = Event<'PartnerErasureAnnounced', PartnerData>;
export type PartnerErasureCancelled = Event<'PartnerErasureCancelled', PartnerData>;
export type LegalHoldPlaced = Event<'LegalHoldPlaced', PartnerData>;
export type LegalHoldLifted = Event<'LegalHoldLifted', PartnerData>;
/** The partner and all its sessions move to another cell. */
export type PartnerMoved = Event<'PartnerMoved', PartnerData>;
/** The partner accepts commands in this cell. */
export type PartnerArrived = Event<'PartnerArrived', PartnerData>;
/** Only the receipt is left of the partner: by the erasure, or later by the retention. The partner may start again. */
export type PartnerErased = Event<
  'PartnerErased',
  { readonly partner_id: string; readonly privacy: PartnerPrivacy; readonly home?: Home }
>;

/**
 * The events of a partner's stream. Each contains the whole state after it: reading costs the same however many sessions the
 * partner had, and older events can be deleted.
 */
export type PartnerEvent =
  | PartnerSessionAssigned
  | PartnerRemembered
  | PartnerErasureRequested
  | PartnerRestricted
  | PartnerErasureAnnounced
  | PartnerErasureCancelled
  | LegalHoldPlaced
  | LegalHoldLifted
  | PartnerMoved
  | PartnerArrived
  | PartnerErased;

const state = {
  partner_id: 'plain',
  last_session_id: 'plain',
  memory: 'personal',
  sessions: 'personal',
  privacy: 'plain',
  home: 'plain',
} as const;

export const partnerFieldClasses: FieldClasses<PartnerEvent> = {
  PartnerSessionAssigned: state,
  PartnerRemembered: state,
  // The memory is already empty here, and the ids of the sessions have to outlive the key.
  PartnerErasureRequested: { ...state, memory: 'plain', sessions: 'plain' },
  PartnerRestricted: state,
  PartnerErasureAnnounced: state,
  PartnerErasureCancelled: state,
  LegalHoldPlaced: state,
  LegalHoldLifted: state,
  PartnerMoved: state,
  PartnerArrived: state,
  PartnerErased: { partner_id: 'plain', privacy: 'plain', home: 'plain' },
};

/** Whether this version of the code knows an event type of a partner's stream. */
export function isPartnerEventType(type: string): type is PartnerEvent['type'] {
  return Object.hasOwn(partnerFieldClasses, type);
}

/** The prefixes of event types that concern a partner's erasure, for subscriptions. */
export const privacyEventTypes = [
  'PartnerErasure',
  'PartnerRestricted',
  'PartnerErased',
  'LegalHold',
] as const;
