import type { PartnerEvent } from './events.ts';
import type { PartnerState } from './state.ts';

/** The state after one of the partner's events. */
export function evolvePartner(_before: PartnerState, { data }: PartnerEvent): PartnerState {
  const { partner_id: _partner, ...state } = data;
  return state;
}
