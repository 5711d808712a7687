import type { Event, FieldClasses } from '../kernel/event.ts';
import type { SessionState } from './state.ts';

/** What a fork takes over of the session that it was forked from: all of it but who serves it. */
export type ForkedState = Omit<SessionState, 'agent'>;

/**
 * A session that begins as another was at a revision. It holds that state itself, so what happens to the other session, or
 * to the events before that revision, does not matter to it.
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
    /** What the fork is for, as `what_if`. */
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
