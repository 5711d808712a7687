import { noAgent } from '../agents/state.ts';
import type { EventMetadata } from '../kernel/event.ts';
import { plusMs } from '../kernel/time.ts';
import type { SessionForked } from './fork-events.ts';
import type { SessionState } from './state.ts';
import { initialState } from './state.ts';

/**
 * The state of a fork: the state in its event, but as a separate session, active from `at` on, whatever the other one was. Fields
 * that a later version added, or that were lost with the partner's key, are as in a new session.
 */
export function fork(
  data: SessionForked['data'],
  { occurred_at: at, cell }: Pick<EventMetadata, 'occurred_at' | 'cell'>,
): SessionState {
  const { partner_id, channel, expires_in_s, previous_session_id, forked_from, at_revision, purpose } = data;
  const state: Partial<SessionForked['data']['state']> = data.state;
  return {
    ...initialState,
    ...state,
    identity: { ...initialState.identity, ...state.identity, partner_id },
    session: {
      status: 'active',
      channel,
      start_time: at,
      last_activity_time: at,
      expires_in_s,
      expires_at: plusMs(at, expires_in_s * 1_000),
      previous_session_id,
      turn_count: state.session?.turn_count ?? 0,
      forked_from: { session_id: forked_from, revision: at_revision, purpose },
      ...(cell === undefined ? {} : { home: { cell } }),
    },
    agent: noAgent,
  };
}
