import { describe, expect, test } from '@jest/globals';
import type { OpenInquiry } from '../inquiries/commands.ts';
import { order_status } from '../inquiries/test-inquiries.ts';
import { recorded, timeOf } from '../kernel/test-decider.ts';
import type { SessionCommand } from './commands.ts';
import { decideAll } from './decide-all.ts';
import type { SessionEvent } from './events.ts';
import type { Session } from './session.ts';
import { evolveSession, newSession } from './session.ts';
import type { SessionState } from './state.ts';
import { asks, ended, given, sessionId, started, when } from './test-scenario.ts';

const forkId = '1b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';

const update: SessionEvent = {
  type: 'ExternalUpdateRecorded',
  data: {
    system: 'orders',
    kind: 'changed',
    reference: 'ORD1',
    data: { order_id: 'ORD1', status: 'shipped' },
    source_event_id: 'e1',
  },
};
const openInquiry: OpenInquiry = {
  type: 'OpenInquiry',
  inquiry_id: 'i1',
  kind: 'order_status',
  declared: order_status,
  subject: { order_id: 'ORD1' },
  timeout_ms: 60_000,
  now: timeOf(0),
};
const opened = when(given(started), openInquiry) as SessionEvent[];

const conversations: Readonly<Record<string, readonly SessionEvent[]>> = {
  'of turns': [started, asks('where', { order_id: 'ORD1' }), asks('ask_payment_status'), asks('where')],
  'with a digression': [
    started,
    { type: 'GoalSet', data: { goal: 'pay', step: 'verify' } },
    { type: 'GoalSuspended', data: { goal: 'pay' } },
    { type: 'GoalSet', data: { goal: 'track', step: null } },
    { type: 'GoalCompleted', data: { goal: 'track' } },
    { type: 'GoalResumed', data: { goal: 'pay' } },
  ],
  'with facts of other systems': [started, update, ...opened, asks('where', { order_id: 'ORD2' })],
  'with an agent that hands over': [
    started,
    { type: 'PreferenceChanged', data: { name: 'call_back', value: 'evening' } },
    {
      type: 'AgentAttached',
      data: { instance: 'b', epoch: 1, pool: 'p', node: 'n', after: null, reason: 'requested' },
    },
    { type: 'FlagRaised', data: { flag: 'vip', value: true } },
    { type: 'HandoffRequested', data: { reason: 'angry' } },
    { type: 'ChannelSwitched', data: { channel: 'ivr', previous_channel: 'whatsapp' } },
    ended,
  ],
};
const prefixes = Object.entries(conversations).flatMap(([name, events]) =>
  events.map((_, revision): [string, number, Session] => [
    name,
    revision,
    given(...events.slice(0, revision + 1)),
  ]),
);

function forking(source: Session, expires_in_s: number | null = null): SessionCommand {
  const { partner_id } = source.state.identity;
  const latest = source.state.session;
  return { type: 'ForkSession', partner_id, source, latest, purpose: 'what_if', expires_in_s };
}

/** The fork of a session at its present state. */
function forkOf(source: Session): Session {
  const [event] = when(newSession(forkId), forking(source)) as [SessionEvent];
  return evolveSession(newSession(forkId), recorded(event, 0));
}

/** The state without what a fork has for itself: who serves it, and when it is active. */
function comparable({ agent: _agent, session, ...rest }: SessionState): object {
  const { channel, expires_in_s, previous_session_id, turn_count } = session;
  return { ...rest, session: { channel, expires_in_s, previous_session_id, turn_count } };
}

describe('a fork', () => {
  test.each(prefixes)('of a conversation %s has its state at revision %i', (_, revision, source) => {
    const { state } = forkOf(source);
    expect(comparable(state)).toEqual(comparable(source.state));
    expect(state.session).toMatchObject({
      status: 'active',
      forked_from: { session_id: sessionId, revision, purpose: 'what_if' },
    });
  });

  test('continues as its source would', () => {
    const where = asks('where', { order_id: 'ORD1' });
    const { conversation_flags, orders } = evolveSession(
      forkOf(given(started, where)),
      recorded(where, 1),
    ).state;
    expect(conversation_flags).toMatchObject({ is_repeat_query: true, retry_attempts: 1 });
    expect(Object.keys(orders)).toEqual(['ORD1']);
  });

  test('is active for its own time, whenever its source was', () => {
    const { session } = forkOf(given(started, ended)).state;
    expect(session).toMatchObject({ status: 'active', start_time: timeOf(0), expires_at: timeOf(60) });
  });

  test('expires as requested', () => {
    const [event] = when(newSession(forkId), forking(given(started), 5)) as [SessionEvent];
    expect(event).toMatchObject({ data: { expires_in_s: 5 } });
  });

  test('of a fork names that fork', () => {
    const first = forkOf(given(started, asks('where')));
    const second = forkOf(evolveSession(first, recorded(asks('why'), 1)));
    expect(second.state.session.forked_from).toMatchObject({ session_id: forkId, revision: 1 });
    expect(second.state.recent_turns).toHaveLength(2);
  });

  test('folds when the key of its partner is destroyed', () => {
    const [event] = when(newSession(forkId), forking(given(started))) as [SessionEvent];
    const erased = { ...event, data: { ...event.data, state: {} } } as unknown as SessionEvent;
    const { state } = evolveSession(newSession(forkId), recorded(erased, 0));
    expect(state.identity).toEqual({ partner_id: 'P7689', name: null, region: null, device: null });
    expect(state.session.forked_from).toMatchObject({ session_id: sessionId });
  });

  test('asks no other system, and may cancel its source’s inquiries', () => {
    const fork = forkOf(given(started, ...opened));
    expect(when(fork, { ...openInquiry, inquiry_id: 'i2' })).toBe('session_is_fork');
    expect(when(fork, { type: 'CancelInquiry', inquiry_id: 'i1' })).toMatchObject([
      { type: 'InquiryClosed' },
    ]);
  });

  test('marks each of its events', () => {
    const context = { metadata: () => recorded(started, 0).metadata, eventId: String };
    const clear: SessionCommand = { type: 'RaiseFlag', flag: 'vip', value: true };
    const decided = decideAll(newSession(forkId), [forking(given(started)), clear], context);
    const events = 'events' in decided ? decided.events : [];
    expect(events.map(({ metadata }) => metadata.forked_from)).toEqual([sessionId, sessionId]);
    const plain = decideAll(given(started), [clear], context);
    expect('events' in plain && plain.events[0]?.metadata).not.toHaveProperty('forked_from');
  });

  test.each<[string, Partial<SessionState['session']>, string]>([
    ['of a session that is erased', { status: 'erased' }, 'session_erased'],
    ['of a session that is in another cell', { home: { cell: 'b' } }, 'session_elsewhere'],
    [
      'of a session that leaves',
      { home: { cell: 'a', leaving: { move_id: 'm', to: 'b' } } },
      'session_elsewhere',
    ],
  ])('%s now is rejected, also as it was before', (_, now, code) => {
    const source = given(started);
    const command = { ...forking(source), latest: { ...source.state.session, ...now } } as SessionCommand;
    const context = {
      metadata: () => recorded(started, 0).metadata,
      eventId: String,
      cell: { own: 'a', first: 'a' },
    };
    const decided = decideAll(newSession(forkId), [command], context);
    expect('rejection' in decided && decided.rejection.code).toBe(code);
  });

  test.each<[string, Session, Session, string]>([
    ['that exists', given(started), given(started), 'session_exists'],
    ['of a session that does not exist', newSession(forkId), newSession(sessionId), 'session_not_found'],
    [
      'of an erased session',
      newSession(forkId),
      given(started, { type: 'SessionErased', data: { partner_id: 'P7689', erasure_id: 'e' } }),
      'session_erased',
    ],
  ])('%s is rejected', (_, session, source, code) => {
    expect(when(session, forking(source))).toBe(code);
  });
});
