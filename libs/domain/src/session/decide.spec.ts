import { describe, expect, test } from '@jest/globals';
import type { RecordTurn } from './commands.ts';
import type { SessionEvent } from './events.ts';
import { newSession } from './evolve.ts';
import { given, sessionId, started, timeOf, when } from './test-scenario.ts';

const preferred = ([name, value]: [string, number]): SessionEvent => ({
  type: 'PreferenceChanged',
  data: { name, value },
});
const ended: SessionEvent = { type: 'SessionEnded', data: { reason: null } };
const start = {
  type: 'StartSession',
  partner_id: 'P7689',
  channel: 'ivr',
  language: null,
  region: null,
  name: null,
  device: null,
  expires_in_s: 60,
  memory: null,
} as const;
const turn: RecordTurn = {
  type: 'RecordTurn',
  turn_id: 'turn-1',
  message_id: null,
  sender: 'user',
  message_text: 'Where is my payout?',
  parsed_intent: 'ask_payment_status',
  intent_confidence: 0.9,
  extracted_entities: { month: 'October' },
  in_reply_to: null,
  bot_action: null,
  response: null,
};

describe('a session', () => {
  test('starts in English when nothing is known of the partner', () => {
    const [event] = when(newSession(sessionId), start) as SessionEvent[];
    expect(event).toMatchObject({
      type: 'SessionStarted',
      data: { language: 'en', previous_session_id: null },
    });
  });

  test('starts from the memory of the partner’s session before', () => {
    const memory = {
      session_id: 'earlier',
      start_time: timeOf(0),
      language: 'hi',
      preferences: { call_back: 'evening' },
      open_goals: [{ goal: 'resolve_payment', step: 'verify_bank' }],
    };
    const [event] = when(newSession(sessionId), { ...start, memory }) as SessionEvent[];
    const { session_id: previous_session_id, preferences, open_goals } = memory;
    expect(event?.data).toMatchObject({ language: 'hi', preferences, open_goals, previous_session_id });
  });

  test('prefers the language that the caller names', () => {
    const [event] = when(newSession(sessionId), { ...start, language: 'ta' }) as SessionEvent[];
    expect(event?.data).toMatchObject({ language: 'ta' });
  });

  test('starts once', () => {
    expect(when(given(started), start)).toBe('session_exists');
  });

  test('takes no command before it started', () => {
    expect(when(newSession(sessionId), turn)).toBe('session_not_found');
  });

  test('takes no command after it ended, expired included', () => {
    const expired: SessionEvent = { type: 'SessionExpired', data: { expires_at: timeOf(60) } };
    expect(when(given(started, ended), turn)).toBe('session_over');
    expect(when(given(started, expired), turn)).toBe('session_over');
    expect(when(given(started, ended), { type: 'EndSession', reason: null })).toBe('session_over');
  });

  test('expires once its time has come, not before and not twice', () => {
    const session = given(started);
    expect(when(session, { type: 'ExpireSession', now: timeOf(59) })).toEqual([]);
    const expired = { type: 'SessionExpired', data: { expires_at: timeOf(60) } } as const;
    expect(when(session, { type: 'ExpireSession', now: timeOf(60) })).toEqual([expired]);
    expect(when(given(started, expired), { type: 'ExpireSession', now: timeOf(90) })).toEqual([]);
  });

  test('moves to another channel, and stays where it is', () => {
    const session = given(started);
    expect(when(session, { type: 'SwitchChannel', channel: 'ivr' })).toEqual([
      { type: 'ChannelSwitched', data: { channel: 'ivr', previous_channel: 'whatsapp' } },
    ]);
    expect(when(session, { type: 'SwitchChannel', channel: 'whatsapp' })).toEqual([]);
  });

  test('changes only the preferences that differ', () => {
    const preferences = { language: 'hi', call_back: 'evening' };
    expect(when(given(started), { type: 'ChangePreferences', preferences })).toEqual([
      { type: 'PreferenceChanged', data: { name: 'call_back', value: 'evening' } },
    ]);
  });

  test('holds a bounded number of preferences', () => {
    const preferences = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`p${index}`, index]));
    expect(when(given(started), { type: 'ChangePreferences', preferences })).toBe('too_many_preferences');
    const full = given(started, ...Object.entries(preferences).slice(1).map(preferred));
    expect(when(full, { type: 'ChangePreferences', preferences: { p1: null, fresh: 1 } })).toHaveLength(2);
    expect(when(full, { type: 'ChangePreferences', preferences: { language: 'ta' } })).toHaveLength(1);
  });
});

describe('a turn', () => {
  test('is one event', () => {
    const { type: _type, response: _response, ...data } = turn;
    expect(when(given(started), turn)).toEqual([{ type: 'TurnRecorded', data }]);
  });

  test('with its reply is two events, the reply pointing back', () => {
    const response = { turn_id: 'turn-2', message_text: 'Which month?' };
    const [user, bot] = when(given(started), {
      ...turn,
      bot_action: 'ask_month',
      response,
    }) as SessionEvent[];
    expect(user?.data).toMatchObject({ turn_id: 'turn-1', sender: 'user', bot_action: null });
    expect(bot?.data).toMatchObject({
      ...response,
      sender: 'bot',
      in_reply_to: 'turn-1',
      bot_action: 'ask_month',
      parsed_intent: null,
    });
  });
});

describe('flags and handoff', () => {
  test('a flag is raised when it is new or different, and cleared when it is there', () => {
    const vip = { type: 'FlagRaised', data: { flag: 'vip', value: true } } as const;
    expect(when(given(started), { type: 'RaiseFlag', flag: 'vip', value: true })).toEqual([vip]);
    expect(when(given(started, vip), { type: 'RaiseFlag', flag: 'vip', value: true })).toEqual([]);
    expect(when(given(started, vip), { type: 'RaiseFlag', flag: 'vip', value: 'gold' })).toHaveLength(1);
    expect(when(given(started, vip), { type: 'ClearFlag', flag: 'vip' })).toHaveLength(1);
    expect(when(given(started), { type: 'ClearFlag', flag: 'vip' })).toEqual([]);
    expect(when(given(started), { type: 'ClearFlag', flag: 'constructor' })).toEqual([]);
  });

  test('derived flags cannot be set or cleared', () => {
    expect(when(given(started), { type: 'RaiseFlag', flag: 'is_repeat_query', value: true })).toBe(
      'flag_is_derived',
    );
    expect(when(given(started), { type: 'ClearFlag', flag: 'handoff' })).toBe('flag_is_derived');
  });

  test('a session holds a bounded number of flags', () => {
    const raised = Array.from({ length: 64 }, (_, index): SessionEvent => ({
      type: 'FlagRaised',
      data: { flag: `f${index}`, value: true },
    }));
    expect(when(given(started, ...raised), { type: 'RaiseFlag', flag: 'more', value: 1 })).toBe(
      'too_many_flags',
    );
    expect(when(given(started, ...raised), { type: 'RaiseFlag', flag: 'f0', value: 1 })).toHaveLength(1);
  });

  test('a handoff is requested, accepted and returned, in this order', () => {
    const requested = { type: 'HandoffRequested', data: { reason: 'angry' } } as const;
    const accepted = { type: 'HandoffAccepted', data: { accepted_by: 'desk-4' } } as const;
    expect(when(given(started), { type: 'RequestHandoff', reason: 'angry' })).toEqual([requested]);
    expect(when(given(started, requested), { type: 'RequestHandoff', reason: null })).toBe(
      'handoff_not_possible',
    );
    expect(when(given(started), { type: 'AcceptHandoff', accepted_by: 'desk-4' })).toBe(
      'handoff_not_possible',
    );
    expect(when(given(started, requested), { type: 'AcceptHandoff', accepted_by: 'desk-4' })).toEqual([
      accepted,
    ]);
    expect(when(given(started, requested, accepted), { type: 'ReturnHandoff', note: null })).toHaveLength(1);
    expect(when(given(started), { type: 'ReturnHandoff', note: null })).toBe('handoff_not_possible');
  });
});

test('several commands are decided one upon the other, and all refused when one is', () => {
  const set = { type: 'SetGoal', goal: 'resolve_payment', step: null } as const;
  const done = { type: 'UpdateGoal', goal: 'resolve_payment', step: null, status: 'completed' } as const;
  expect(when(given(started), set, done)).toHaveLength(2);
  expect(when(given(started), done, set)).toBe('goal_not_set');
});
