import type { PartnerEvent } from './events.ts';
import type { PartnerState } from './state.ts';
import { newPartner } from './state.ts';

/**
 * The state after one of the partner's events. When the key of an event was destroyed, its memory has lost its members.
 */
export function evolvePartner(_before: PartnerState, { type, data }: PartnerEvent): PartnerState {
  if (type === 'PartnerErased') {
    const { partner_id: _erased, ...rest } = data;
    return { ...newPartner, ...rest };
  }
  const { partner_id: _partner, ...state } = data;
  return { ...state, memory: { ...newPartner.memory, ...state.memory } };
}
