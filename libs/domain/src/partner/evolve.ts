import type { PartnerRemembered } from './events.ts';
import type { PartnerMemory } from './state.ts';

/** The memory after one of the partner's events. */
export function evolvePartner(_known: PartnerMemory | null, { data }: PartnerRemembered): PartnerMemory {
  const { session_id, start_time, language, preferences, open_goals } = data;
  return { session_id, start_time, language, preferences, open_goals };
}
