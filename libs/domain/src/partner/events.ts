import type { Event, PersonalFields } from '../kernel/event.ts';
import type { PartnerMemory } from './state.ts';

/**
 * The event of a partner's stream. It holds the whole memory, so the last one is the state, and reading it costs the
 * same however many sessions the partner had.
 */
export type PartnerRemembered = Event<'PartnerRemembered', PartnerMemory & { readonly partner_id: string }>;

export const partnerPersonalFields: PersonalFields<PartnerRemembered> = {
  PartnerRemembered: ['preferences'],
};
