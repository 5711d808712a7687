import type { PartnerMemory } from '../session/commands.ts';
import type { Session } from '../session/evolve.ts';

/**
 * The events of a partner's stream. Each holds the whole memory, so the last one is the state and reading it costs
 * the same however many sessions the partner had.
 */
export type PartnerRemembered = {
  readonly type: 'PartnerRemembered';
  readonly data: PartnerMemory & { readonly partner_id: string };
};

/** What a session leaves to the partner's next one: language, preferences and the goals that are still open. */
export function memoryOf({ session_id, state }: Session): PartnerMemory {
  const { current_goal, step, stack } = state.goal_state;
  const current = current_goal === null ? [] : [{ goal: current_goal, step }];
  return {
    session_id,
    start_time: state.session.start_time,
    language: state.short_term_memory.preferred_language,
    preferences: state.short_term_memory.preferences,
    open_goals: [...stack.map((item) => ({ goal: item.goal, step: item.step })), ...current],
  };
}

/** The event that records a partner's memory. */
export function rememberPartner(partnerId: string, memory: PartnerMemory): PartnerRemembered {
  return { type: 'PartnerRemembered', data: { partner_id: partnerId, ...memory } };
}
