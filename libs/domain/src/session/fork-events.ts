import type { Event, FieldClasses } from '../kernel/event.ts';
import type { SessionState } from './state.ts';

/** The state that a fork copies from its source: everything except who serves it. */
type ForkedState = Omit<SessionState, 'agent'>;

/**
 * A session that starts as another was at a revision. The event contains that state, so later changes or deletions of the
 * other session do not affect it.
 */
export type SessionForked = Event<
  'SessionForked',
  {
    session_id: string;
    partner_id: string;
    /** The session that it was forked from. */
    forked_from: string;
    /** The revision of that session. */
    at_revision: number;
    /** The purpose of the fork, such as `what_if`. */
    purpose: string;
    channel: string;
    language: string;
    current_task: string | null;
    expires_in_s: number;
    previous_session_id: string | null;
    state: ForkedState;
  }
>;

export const forkFieldClasses: FieldClasses<SessionForked> = {
  SessionForked: {
    session_id: 'plain',
    partner_id: 'plain',
    forked_from: 'plain',
    at_revision: 'plain',
    purpose: 'plain',
    channel: 'plain',
    language: 'plain',
    current_task: 'plain',
    expires_in_s: 'plain',
    previous_session_id: 'plain',
    state: 'sensitive',
  },
};
