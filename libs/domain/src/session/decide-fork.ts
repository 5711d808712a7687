import type { Decision } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import type { ForkSession } from './commands.ts';
import type { SessionForked } from './fork-events.ts';
import type { SessionState } from './state.ts';
import { isStarted } from './state.ts';

export type ForkRejection = 'session_exists' | 'session_not_found' | 'session_erased' | 'session_is_fork';

/** Starts a session as a copy of another. */
export function forkSession(
  { source, latest, expires_in_s, purpose }: ForkSession,
  state: SessionState,
  session_id: string,
): Decision<SessionForked, ForkRejection> {
  if (isStarted(state))
    return reject('session_exists', 'The session exists already; leave session_id out to start another one.');
  if (!isStarted(source.state)) return reject('session_not_found', 'There is no such session.');
  const { agent: _agent, ...forked } = source.state;
  const { identity, session, short_term_memory, goal_state } = forked;
  if (latest.status === 'erased' || session.status === 'erased')
    return reject('session_erased', 'The partner of the session was erased; nothing is left to fork.');
  return accept({
    type: 'SessionForked',
    data: {
      session_id,
      partner_id: identity.partner_id,
      forked_from: source.session_id,
      at_revision: source.revision,
      purpose,
      channel: session.channel,
      language: short_term_memory.preferred_language,
      current_task: goal_state.current_goal,
      expires_in_s: expires_in_s ?? session.expires_in_s,
      previous_session_id: session.previous_session_id,
      state: forked,
    },
  });
}

/** Whether a session was forked from another one. */
export function isFork({ session }: Pick<SessionState, 'session'>): boolean {
  return session.forked_from !== undefined;
}
