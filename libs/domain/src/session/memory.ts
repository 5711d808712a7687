import { openGoals } from '../goals/state.ts';
import type { PartnerMemory } from '../partner/state.ts';
import type { Session } from './session.ts';

/** What a session leaves to its partner's next one: language, preferences and the goals that are still open. */
export function memoryOf({ session_id, state }: Session): PartnerMemory {
  return {
    session_id,
    start_time: state.session.start_time,
    language: state.short_term_memory.preferred_language,
    preferences: state.short_term_memory.preferences,
    open_goals: openGoals(state.goal_state),
  };
}
