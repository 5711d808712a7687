import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contextOf, explainEvent, newExplained } from './context.ts';
import type { RecordedEvent, SessionEvent } from './events.ts';
import { evolve, evolveSession } from './evolve.ts';
import { commandsKept, rememberCommand } from './processed-commands.ts';
import { memoryOf } from '../partner/memory.ts';
import { asks, given, metadata, started, timeOf } from './test-scenario.ts';
import { initialState } from './state.ts';

const flagsAfter = (...events: SessionEvent[]): object => given(started, ...events).state.conversation_flags;
const update = (
  system: string,
  data: Record<string, string>,
  reference: string | null = null,
): SessionEvent => ({
  type: 'ExternalUpdateRecorded',
  data: { system, kind: 'changed', reference, data, source_event_id: `${system}-${JSON.stringify(data)}` },
});

describe('what follows from the turns', () => {
  test('a question is a repetition when intent and entities are the same again', () => {
    expect(flagsAfter(asks('where', { order: '1' }))).toMatchObject({
      is_repeat_query: false,
      retry_attempts: 0,
    });
    expect(flagsAfter(asks('where', { a: 1, b: 2 }), asks('where', { b: 2, a: 1 }))).toMatchObject({
      is_repeat_query: true,
      retry_attempts: 1,
    });
    expect(flagsAfter(asks('where', { a: 1 }), asks('where', { a: 2 }))).toMatchObject({
      is_repeat_query: false,
    });
    expect(flagsAfter(asks('where'), asks('where'), asks('where'))).toMatchObject({ retry_attempts: 2 });
    expect(flagsAfter(asks('where'), asks('where'), asks('why'))).toMatchObject({
      is_repeat_query: false,
      retry_attempts: 0,
    });
    expect(flagsAfter(asks('where'), asks('why'), asks('where'))).toMatchObject({ is_repeat_query: true });
  });

  test('a turn without an intent leaves it as it is', () => {
    expect(flagsAfter(asks('where'), asks('where'), asks(null))).toMatchObject({ is_repeat_query: true });
  });

  test('asking about money is remembered', () => {
    for (const intent of ['ask_payment_status', 'MakePayment', 'late-payouts', 'refund']) {
      expect(flagsAfter(asks(intent), asks('greet'))).toMatchObject({ asked_about_payment: true });
    }
    expect(flagsAfter(asks('display_order'))).toMatchObject({ asked_about_payment: false });
  });

  test('the last ten turns are kept', () => {
    const turns = Array.from({ length: 12 }, (_, index) => asks(`intent_${index}`));
    const { recent_turns, session } = given(started, ...turns).state;
    expect(recent_turns.map((turn) => turn.parsed_intent)).toEqual(
      turns.slice(2).map((_, index) => `intent_${index + 2}`),
    );
    expect(session.turn_count).toBe(12);
  });

  test('an order that the user names is tracked, without a status until there is news', () => {
    const { order_tracking } = given(started, asks('where', { order_id: 'ORD9823' })).state;
    expect(order_tracking).toEqual({
      order_id: 'ORD9823',
      status: null,
      tracking_id: null,
      updated_at: timeOf(1),
    });
  });
});

describe('news from outside', () => {
  test('of an order is merged, and another order replaces it', () => {
    const session = given(
      started,
      update('orders', { status: 'shipped', tracking_id: 'T1' }, 'ORD1'),
      update('logistics', { order_id: 'ORD1', status: 'out_for_delivery' }),
    );
    expect(session.state.order_tracking).toMatchObject({
      order_id: 'ORD1',
      status: 'out_for_delivery',
      tracking_id: 'T1',
    });
    const other = given(
      started,
      update('orders', { status: 'a', tracking_id: 'T1' }, 'ORD1'),
      update('orders', {}, 'ORD2'),
    );
    expect(other.state.order_tracking).toMatchObject({ order_id: 'ORD2', status: null, tracking_id: null });
  });

  test('of other systems does not touch the order, and only the latest of a kind is kept', () => {
    const { external, order_tracking } = given(
      started,
      update('payments', { a: '1' }),
      update('payments', { a: '2' }),
    ).state;
    expect(order_tracking).toBeNull();
    expect(external.map((item) => item.data)).toEqual([{ a: '2' }]);
  });

  test('is bounded in number and size; what is too large stays in the stream', () => {
    const many = Array.from({ length: 25 }, (_, index) => update('x', { a: 'b' }, String(index)));
    const { external } = given(started, ...many, update('y', { text: 'x'.repeat(5_000) })).state;
    expect(external).toHaveLength(20);
    expect(external.at(-1)).toMatchObject({ system: 'y', data: null, revision: 26 });
  });

  test('does not keep a silent conversation alive', () => {
    const session = given(started, asks('where'), update('orders', {}, 'ORD1'));
    expect(session.state.session.last_activity_time).toBe(timeOf(1));
    expect(session.state.session.expires_at).toBe(timeOf(61));
  });
});

test('events of an unknown type and events that were seen change nothing', () => {
  const session = given(started);
  const unknown = { type: 'SomethingNew', data: {}, event_id: 'x', revision: 1, metadata: metadata(1) };
  expect(evolve(session.state, unknown as unknown as RecordedEvent)).toBe(session.state);
  const again = { ...started, event_id: 'x', revision: 0, metadata: metadata(9) };
  expect(evolveSession(session, again)).toBe(session);
});

test('the commands of a session are known by key and by turn, the latest of them', () => {
  const { known } = given(started, asks('where'));
  const ids = known.list.map((command) => command.id);
  expect(ids).toEqual(['key:0', 'key:1', 'turn:turn-where']);
  const reply = { ...asks('why'), event_id: 'x', revision: 2, metadata: metadata(2, 'key:1') };
  const counted = rememberCommand(known, reply).list.filter((command) => command.revision === 1);
  expect(counted.map((command) => [command.id, command.count])).toEqual([
    ['key:1', 2],
    ['turn:turn-where', 2],
    ['turn:turn-why', 2],
  ]);
});

test('every command at or after `from` is known, and not many more than the limit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), (count) => {
      const turns = Array.from({ length: count }, (_, index) => asks(`intent-${index}`));
      const { known } = given(started, ...turns);
      expect(known.list.length).toBeLessThanOrEqual(commandsKept);
      for (let revision = known.from; revision <= count; revision += 1) {
        expect(known.list.some((command) => command.revision === revision)).toBe(true);
      }
      expect(known.list.every((command) => command.revision >= known.from)).toBe(true);
    }),
  );
});

test('the context shows the sections and an explanation tells who set each field', () => {
  const events: SessionEvent[] = [
    started,
    asks('where', { order_id: 'ORD1' }),
    update('orders', { status: 'shipped' }, 'ORD1'),
  ];
  const explained = events.reduce(
    (now, event, revision) =>
      explainEvent(now, { ...event, event_id: `event-${revision}`, revision, metadata: metadata(revision) }),
    newExplained('s'),
  );
  expect(contextOf(explained.session)).toMatchObject({
    partner_id: 'P7689',
    revision: 2,
    order_tracking: { order_id: 'ORD1', status: 'shipped' },
    short_term_memory: { last_user_intent: 'where', recent_turns: [{ parsed_intent: 'where' }] },
  });
  expect(explained.fields['order_tracking.status']).toMatchObject({ revision: 2, set_by: 'orders' });
  expect(explained.fields['short_term_memory.last_user_intent']).toMatchObject({
    revision: 1,
    set_by: 'spec',
  });
  expect(explained.fields['identity.name']).toMatchObject({ revision: 0, type: 'SessionStarted' });
});

test('a partner’s memory holds language, preferences and every goal that is open, the current one last', () => {
  const session = given(
    started,
    { type: 'PreferenceChanged', data: { name: 'language', value: 'ta' } },
    { type: 'PreferenceChanged', data: { name: 'call_back', value: 'evening' } },
    { type: 'GoalSet', data: { goal: 'pay', step: 'verify' } },
    { type: 'GoalSuspended', data: { goal: 'pay' } },
    { type: 'GoalSet', data: { goal: 'order', step: null } },
    { type: 'SessionEnded', data: { reason: null } },
  );
  expect(memoryOf(session)).toMatchObject({
    language: 'ta',
    preferences: { call_back: 'evening' },
    open_goals: [
      { goal: 'pay', step: 'verify' },
      { goal: 'order', step: null },
    ],
  });
});

test('the initial state is not started', () => {
  expect(initialState.session.start_time).toBe('');
});
