import { describe, expect, test } from '@jest/globals';
import { order_status } from '../inquiries/test-inquiries.ts';
import { timeOf } from '../kernel/test-decider.ts';
import type { OpenInquiry } from '../inquiries/commands.ts';
import type { Inheritance } from '../partner/state.ts';
import type { RecordTurn, SessionCommand } from './commands.ts';
import type { SessionEvent } from './events.ts';
import { newSession } from './session.ts';
import { ended, given, givenCommands, sessionId, started, when } from './test-scenario.ts';

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
const expired: SessionEvent = { type: 'SessionExpired', data: { expires_at: timeOf(60) } };
const openInquiry: OpenInquiry = {
  type: 'OpenInquiry',
  inquiry_id: 'i1',
  kind: 'order_status',
  declared: order_status,
  subject: { order_id: 'ORD1' },
  timeout_ms: 60_000,
  now: timeOf(0),
};

describe('an inquiry about a reference that events have named with a partner', () => {
  test.each([
    [['P7689'], [expect.objectContaining({ type: 'InquiryOpened' })]],
    [['P-other'], 'foreign_reference'],
    [['P7689', 'P-other'], 'foreign_reference'],
  ])('of the owners %j', (owners, outcome) => {
    expect(when(given(started), { ...openInquiry, owners })).toEqual(outcome);
  });
});

describe('starting a session', () => {
  test('records the partner’s data', () => {
    expect(when(newSession(sessionId), { ...start, name: 'Asha', language: 'ta' })).toEqual([
      {
        type: 'SessionStarted',
        data: {
          session_id: sessionId,
          partner_id: 'P7689',
          channel: 'ivr',
          language: 'ta',
          region: null,
          name: 'Asha',
          device: null,
          expires_in_s: 60,
          preferences: {},
          open_goals: [],
          previous_session_id: null,
        },
      },
    ]);
  });

  test('is in English for an unknown partner', () => {
    expect(when(newSession(sessionId), start)).toMatchObject([{ data: { language: 'en' } }]);
  });

  describe('of a remembered partner', () => {
    const memory: Inheritance = {
      previous_session_id: 'earlier',
      language: 'hi',
      preferences: { call_back: 'evening' },
      open_goals: [{ goal: 'resolve_payment', step: 'verify_bank' }],
    };

    test('continues from the memory', () => {
      const { previous_session_id, language, preferences, open_goals } = memory;
      expect(when(newSession(sessionId), { ...start, memory })).toMatchObject([
        { data: { language, preferences, open_goals, previous_session_id } },
      ]);
    });

    test('is in the language given by the caller', () => {
      const command = { ...start, memory, language: 'ta' };
      expect(when(newSession(sessionId), command)).toMatchObject([{ data: { language: 'ta' } }]);
    });
  });

  test('is rejected when it exists', () => {
    expect(when(given(started), start)).toBe('session_exists');
  });
});

describe('a session that was never started', () => {
  test('rejects every other command', () => {
    expect(when(newSession(sessionId), turn)).toBe('session_not_found');
  });
});

describe('a session that is over', () => {
  test.each([
    ['ended', ended],
    ['expired', expired],
  ])('rejects commands when it has %s', (_, end) => {
    expect(when(given(started, end), turn)).toBe('session_over');
  });

  test('does not end again', () => {
    expect(when(given(started, ended), { type: 'EndSession', reason: null })).toBe('session_over');
  });

  test('does not expire again', () => {
    expect(when(given(started, expired), { type: 'ExpireSession', now: timeOf(90) })).toEqual([]);
  });

  test('accepts a late answer', () => {
    const session = givenCommands(openInquiry, { type: 'EndSession', reason: null });
    const named = { inquiry_id: 'i1', source: 'orders', attempt: 1, reply_id: 'r', now: timeOf(5) };
    expect(when(session, { type: 'AnswerInquiry', ...named, data: {} })).toMatchObject([
      { type: 'InquiryCorrected' },
    ]);
  });

  test('ignores a late deadline', () => {
    const late: SessionCommand = { type: 'CloseInquiry', inquiry_id: 'i1', now: timeOf(90) };
    expect(when(given(started, ended), late)).toEqual([]);
  });

  test('accepts the detach of its agent', () => {
    const attach: SessionCommand = {
      type: 'AttachAgent',
      instance: 'bot-1',
      pool: 'support',
      node: 'n',
      after: null,
      reason: 'requested',
      replaces: null,
    };
    const session = givenCommands(attach, { type: 'EndSession', reason: null });
    const detach: SessionCommand = {
      type: 'DetachAgent',
      instance: 'bot-1',
      epoch: 1,
      reason: 'requested',
      waiting: false,
    };
    expect(when(session, detach)).toMatchObject([{ type: 'AgentDetached' }]);
    expect(when(session, attach)).toBe('session_over');
  });
});

describe('ending a session', () => {
  test('is one event', () => {
    expect(when(given(started), { type: 'EndSession', reason: null })).toEqual([ended]);
  });

  test('closes its open inquiries', () => {
    expect(when(givenCommands(openInquiry), { type: 'EndSession', reason: null })).toMatchObject([
      { type: 'InquiryClosed', data: { cause: 'session_over' } },
      { type: 'SessionEnded' },
    ]);
  });
});

describe('expiring a session', () => {
  test('changes nothing before its time', () => {
    expect(when(given(started), { type: 'ExpireSession', now: timeOf(59) })).toEqual([]);
  });

  test('is one event when its time has come', () => {
    expect(when(given(started), { type: 'ExpireSession', now: timeOf(60) })).toEqual([expired]);
  });
});

describe('erasing a session', () => {
  const erase: SessionCommand = { type: 'EraseSession', partner_id: 'P7689', erasure_id: 'e1' };
  const erased: SessionEvent = { type: 'SessionErased', data: { partner_id: 'P7689', erasure_id: 'e1' } };

  test.each([[[started]], [[started, expired]], [[]]])('is one event, whatever its status', (events) => {
    expect(when(given(...events), erase)).toEqual([erased]);
    expect(when(given(...events, erased), erase)).toEqual([]);
  });

  test('applies only to sessions of the partner', () => {
    expect(when(given(started), { ...erase, partner_id: 'P-other' })).toBe('session_not_found');
  });

  test('ends it permanently, even if it had not started', () => {
    expect(when(given(started, erased), turn)).toBe('session_over');
    expect(when(given(erased), start)).toBe('session_exists');
  });
});

describe('switching the channel', () => {
  test('records the previous one', () => {
    expect(when(given(started), { type: 'SwitchChannel', channel: 'ivr' })).toEqual([
      { type: 'ChannelSwitched', data: { channel: 'ivr', previous_channel: 'whatsapp' } },
    ]);
  });

  test('to the current one changes nothing', () => {
    expect(when(given(started), { type: 'SwitchChannel', channel: 'whatsapp' })).toEqual([]);
  });
});

describe('recording a turn', () => {
  test('is one event', () => {
    const { type: _type, response: _response, ...data } = turn;
    expect(when(given(started), turn)).toEqual([{ type: 'TurnRecorded', data }]);
  });

  test('with its reply is two events, and the reply has the bot’s action', () => {
    const response = { turn_id: 'turn-2', message_text: 'Which month?' };
    expect(when(given(started), { ...turn, bot_action: 'ask_month', response })).toMatchObject([
      { data: { turn_id: 'turn-1', sender: 'user', bot_action: null } },
      {
        data: {
          ...response,
          sender: 'bot',
          in_reply_to: 'turn-1',
          bot_action: 'ask_month',
          parsed_intent: null,
        },
      },
    ]);
  });
});

test.each<[string, SessionCommand, string]>([
  ['goals', { type: 'SetGoal', goal: 'pay', step: null }, 'GoalSet'],
  ['the handoff', { type: 'RequestHandoff', reason: null }, 'HandoffRequested'],
  [
    'external updates',
    { type: 'RecordExternalUpdate', system: 's', kind: 'k', reference: null, data: {}, source_event_id: 'e' },
    'ExternalUpdateRecorded',
  ],
  ['inquiries', openInquiry, 'InquiryOpened'],
])('an active session decides on %s', (_, command, type) => {
  expect(when(given(started), command)).toMatchObject([{ type }]);
});

test('an unknown command is an error', () => {
  expect(() => when(given(started), { type: 'Unknown' } as unknown as SessionCommand)).toThrow(
    'Unknown command',
  );
});
