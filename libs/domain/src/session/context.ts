import type { Session } from './session.ts';
import type { Section, SessionState } from './state.ts';

/** The working context as an agent reads it. */
export interface Context extends Omit<
  SessionState,
  | 'identity'
  | 'agent'
  | 'queries'
  | 'order_facts'
  | 'earlier_inquiries'
  | 'inquiry_kinds'
  | 'recent_turns'
  | 'short_term_memory'
> {
  readonly session_id: string;
  readonly partner_id: string;
  readonly revision: number;
  readonly identity: SessionState['identity'];
  readonly short_term_memory: SessionState['short_term_memory'] & {
    readonly recent_turns: SessionState['recent_turns'];
  };
}

/** The context of a session at its revision. */
export function contextOf({ session_id, revision, state }: Session): Context {
  const { identity, session, order_tracking, orders, goal_state, conversation_flags } = state;
  const { external, inquiries } = state;
  const { partner_id } = identity;
  const short_term_memory = { ...state.short_term_memory, recent_turns: state.recent_turns };
  const head = { session_id, partner_id, revision, identity, session };
  const conversation = { order_tracking, orders, goal_state, conversation_flags, short_term_memory };
  return { ...head, ...conversation, external, inquiries };
}

/** The sections that differ between two states, which a projection has to write. */
export function changedSections(before: SessionState, after: SessionState): Section[] {
  return (Object.keys(after) as Section[]).filter((section) => before[section] !== after[section]);
}
