import { describe, expect, test } from '@jest/globals';
import { order_status } from '../inquiries/test-inquiries.ts';
import { metadata, recorded, timeOf } from '../kernel/test-decider.ts';
import type { SessionCommand } from './commands.ts';
import type { RecordedSessionEvent, SessionEvent } from './events.ts';
import { evolve } from './evolve.ts';
import { evolveSession } from './session.ts';
import { initialState, isStarted, recentTurnsKept } from './state.ts';
import { asks, ended, given, givenCommands, started } from './test-scenario.ts';

const stateAfter = (...events: SessionEvent[]): ReturnType<typeof given>['state'] =>
  given(started, ...events).state;
const flagsAfter = (...events: SessionEvent[]): object => stateAfter(...events).conversation_flags;

const prefer = (name: string, value: string | number | null): SessionEvent => ({
  type: 'PreferenceChanged',
  data: { name, value },
});
const says = (bot_action: string | null): SessionEvent => {
  const { data } = asks(null) as Extract<SessionEvent, { type: 'TurnRecorded' }>;
  return { type: 'TurnRecorded', data: { ...data, sender: 'bot', bot_action } };
};

test('a session is not started before its first event', () => {
  expect(isStarted(initialState)).toBe(false);
});

describe('a session', () => {
  test('is active from its start', () => {
    expect(stateAfter().session).toEqual({
      status: 'active',
      channel: 'whatsapp',
      start_time: timeOf(0),
      last_activity_time: timeOf(0),
      expires_in_s: 60,
      expires_at: timeOf(60),
      previous_session_id: null,
      turn_count: 0,
    });
  });

  test('starts with the goals that its predecessor left open', () => {
    const data = { ...started.data, open_goals: [{ goal: 'pay', step: null }] };
    const { goal_state } = given({ ...started, data }).state;
    expect(goal_state.stack).toEqual([{ goal: 'pay', step: null, status: 'suspended' }]);
  });

  test('is on the channel that it switched to', () => {
    const switched = { channel: 'ivr', previous_channel: 'whatsapp' } as const;
    expect(stateAfter({ type: 'ChannelSwitched', data: switched }).session.channel).toBe('ivr');
  });

  test('expires later with each activity', () => {
    expect(stateAfter(asks('where')).session).toMatchObject({
      last_activity_time: timeOf(1),
      expires_at: timeOf(61),
    });
  });

  test.each<[string, SessionEvent]>([
    [
      'an external update',
      {
        type: 'ExternalUpdateRecorded',
        data: { system: 'orders', kind: 'k', reference: 'ORD1', data: {}, source_event_id: 'e' },
      },
    ],
    [
      'an attach',
      {
        type: 'AgentAttached',
        data: { instance: 'bot', epoch: 1, pool: 'p', node: 'n', after: null, reason: 'requested' },
      },
    ],
    ['its end', ended],
  ])('does not expire later after %s', (_, event) => {
    expect(stateAfter(event).session).toMatchObject({
      last_activity_time: timeOf(0),
      expires_at: timeOf(60),
    });
  });

  test('has ended', () => {
    expect(stateAfter(ended).session.status).toBe('ended');
  });

  test('has expired', () => {
    expect(stateAfter({ type: 'SessionExpired', data: { expires_at: timeOf(60) } }).session.status).toBe(
      'expired',
    );
  });

  test('that is erased keeps only its times and its partner', () => {
    const erased: SessionEvent = { type: 'SessionErased', data: { partner_id: 'P7689', erasure_id: 'e1' } };
    const { session, identity, agent, ...rest } = stateAfter(asks('pay'), prefer('diet', 'veg'), erased);
    expect(session).toMatchObject({ status: 'erased', start_time: timeOf(0), turn_count: 1 });
    expect(identity).toEqual({ partner_id: 'P7689', name: null, region: null, device: null });
    expect({ ...initialState, ...rest }).toEqual(initialState);
    expect(agent).toEqual(initialState.agent);
  });
});

describe('preferences', () => {
  test('are remembered', () => {
    expect(stateAfter(prefer('a', 1)).short_term_memory.preferences).toEqual({ a: 1 });
  });

  test('are forgotten when they become null', () => {
    expect(stateAfter(prefer('a', 1), prefer('a', null)).short_term_memory.preferences).toEqual({});
  });

  test('are stored separately from the language', () => {
    expect(stateAfter(prefer('language', 'ta')).short_term_memory).toMatchObject({
      preferred_language: 'ta',
      preferences: {},
    });
  });

  test('keep the language when the new one is not a text', () => {
    expect(stateAfter(prefer('language', 7)).short_term_memory.preferred_language).toBe('hi');
  });
});

describe('flags', () => {
  const raised: SessionEvent = { type: 'FlagRaised', data: { flag: 'vip', value: 'gold' } };

  test('have the value that they were raised with', () => {
    expect(flagsAfter(raised)).toMatchObject({ vip: 'gold' });
  });

  test('are gone after they were cleared', () => {
    expect(flagsAfter(raised, { type: 'FlagCleared', data: { flag: 'vip' } })).not.toHaveProperty('vip');
  });

  test('show the state of the handoff', () => {
    expect(flagsAfter({ type: 'HandoffRequested', data: { reason: null } })).toMatchObject({
      handoff: 'requested',
    });
  });
});

describe('a question', () => {
  test('is not a repetition the first time', () => {
    expect(flagsAfter(asks('where', { order: '1' }))).toMatchObject({
      is_repeat_query: false,
      retry_attempts: 0,
    });
  });

  test('is a repetition with the same intent and entities', () => {
    expect(flagsAfter(asks('where', { a: 1, b: 2 }), asks('where', { b: 2, a: 1 }))).toMatchObject({
      is_repeat_query: true,
      retry_attempts: 1,
    });
  });

  test('is not a repetition with other entities', () => {
    expect(flagsAfter(asks('where', { a: 1 }), asks('where', { a: 2 }))).toMatchObject({
      is_repeat_query: false,
    });
  });

  test('counts its repetitions', () => {
    expect(flagsAfter(asks('where'), asks('where'), asks('where'))).toMatchObject({ retry_attempts: 2 });
  });

  test('of another kind is not a repetition', () => {
    expect(flagsAfter(asks('where'), asks('where'), asks('why'))).toMatchObject({ is_repeat_query: false });
  });

  test('is a repetition even after another question', () => {
    expect(flagsAfter(asks('where'), asks('why'), asks('where'))).toMatchObject({ is_repeat_query: true });
  });

  test('about money is remembered', () => {
    expect(flagsAfter(asks('MakePayment'), asks('greet'))).toMatchObject({ asked_about_payment: true });
  });

  test('about something else is not remembered as about money', () => {
    expect(flagsAfter(asks('display_order'))).toMatchObject({ asked_about_payment: false });
  });
});

describe('a turn', () => {
  test('without an intent leaves the flags unchanged', () => {
    expect(flagsAfter(asks('where'), asks('where'), asks(null))).toMatchObject({ is_repeat_query: true });
  });

  test('that names an order tracks it', () => {
    expect(stateAfter(asks('where', { order_id: 'ORD9823' })).order_tracking).toMatchObject({
      order_id: 'ORD9823',
    });
  });

  test('of the bot sets the bot’s last action', () => {
    expect(stateAfter(says('ask_month')).short_term_memory.last_bot_action).toBe('ask_month');
  });

  test('of the bot without an action keeps the last one', () => {
    expect(stateAfter(says('ask_month'), says(null)).short_term_memory.last_bot_action).toBe('ask_month');
  });

  test('is counted', () => {
    const turns = Array.from({ length: 12 }, (_, index) => asks(`intent_${index}`));
    expect(stateAfter(...turns).session.turn_count).toBe(12);
  });

  test('is kept while it is among the recent ones', () => {
    const turns = Array.from({ length: 12 }, (_, index) => asks(`intent_${index}`));
    expect(stateAfter(...turns).recent_turns.map((turn) => turn.parsed_intent)).toEqual(
      turns.slice(-recentTurnsKept).map((_, index) => `intent_${index + 2}`),
    );
  });
});

describe('an event', () => {
  test('of an unknown type changes nothing', () => {
    const { state } = given(started);
    const unknown = { ...recorded(started, 1), type: 'SomethingNew' };
    expect(evolve(state, unknown as unknown as RecordedSessionEvent)).toBe(state);
  });

  test('of an unknown type advances the revision', () => {
    const unknown = { ...recorded(started, 1), type: 'SomethingNew' };
    expect(evolveSession(given(started), unknown as unknown as RecordedSessionEvent).revision).toBe(1);
  });

  test('that was already folded changes nothing', () => {
    const session = given(started);
    expect(evolveSession(session, { ...recorded(started, 0), metadata: metadata(9) })).toBe(session);
  });

  test('of an agent changes nothing in a session that never started', () => {
    const data = {
      instance: 'bot',
      epoch: 1,
      pool: 'p',
      node: 'n',
      after: null,
      reason: 'requested',
    } as const;
    expect(evolve(initialState, recorded({ type: 'AgentAttached', data }, 0))).toBe(initialState);
  });
});

describe('an inquiry', () => {
  const open: SessionCommand = {
    type: 'OpenInquiry',
    inquiry_id: 'i1',
    kind: 'order_status',
    declared: order_status,
    subject: { order_id: 'ORD1' },
    timeout_ms: 60_000,
    now: timeOf(0),
  };

  test('is awaited as long as it is open', () => {
    expect(givenCommands(open).state.conversation_flags.awaiting_external_data).toBe(true);
  });

  test('is not awaited when it is closed', () => {
    const cancelled = givenCommands(open, { type: 'CancelInquiry', inquiry_id: 'i1' });
    expect(cancelled.state.conversation_flags.awaiting_external_data).toBe(false);
  });
});
