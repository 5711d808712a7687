import { noAgent } from '../agents/state.ts';
import type { EventMetadata } from '../kernel/event.ts';
import { plusMs } from '../kernel/time.ts';
import type { SessionForked } from './fork-events.ts';
import type { SessionState } from './state.ts';
import { initialState } from './state.ts';

/**
 * The state of a fork: that of its event, but a session of its own, active from `at` on, whatever the other one was. What a
 * later version added to the state, and what went with the partner's key, is as in a session that has just begun.
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
