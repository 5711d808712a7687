import { describe, expect, test } from '@jest/globals';
import type { RecordTurn } from './commands.ts';
import { recentTurnsKept } from './state.ts';
import { asks, given, started, when } from './test-scenario.ts';

const turn = (turn_id: string, in_reply_to: string | null = null, reply?: string): RecordTurn => ({
  type: 'RecordTurn',
  turn_id,
  message_id: null,
  sender: 'user',
  message_text: 'Where is my payout?',
  parsed_intent: null,
  intent_confidence: null,
  extracted_entities: {},
  in_reply_to,
  bot_action: null,
  response: reply === undefined ? null : { turn_id: reply, message_text: 'On its way.' },
});
const session = given(started, asks('pay'));
const unresolved = { in_reply_to_unresolved: true };

describe('a turn that answers', () => {
  test('an earlier one is recorded', () => {
    const [recorded] = when(session, turn('t1', 'turn-pay'));
    expect(recorded).toMatchObject({ data: { in_reply_to: 'turn-pay' } });
    expect(recorded).not.toMatchObject({ data: unresolved });
  });

  test('an earlier one of the same request is recorded', () => {
    const [, , second] = when(session, turn('t1', null, 'r1'), turn('t2', 'r1'));
    expect(second).toMatchObject({ data: { in_reply_to: 'r1' } });
    expect(second).not.toMatchObject({ data: unresolved });
  });

  test.each([
    ['itself', [turn('t1', 't1')]],
    ['its own reply', [turn('t1', 'r1', 'r1')]],
    ['a later one of the same request', [turn('t1', 't2'), turn('t2')]],
    ['the reply to a later one of the same request', [turn('t1', 'r2'), turn('t2', null, 'r2')]],
  ])('%s is rejected', (_, commands) => {
    expect(when(session, ...commands)).toBe('reply_not_to_earlier_turn');
  });

  test('one that the session does not know is recorded and marked', () => {
    expect(when(session, turn('t1', 'unknown'))).toMatchObject([
      { data: { in_reply_to: 'unknown', ...unresolved } },
    ]);
  });

  test('one that the session no longer knows is recorded and marked', () => {
    const others = Array.from({ length: recentTurnsKept }, (_, index) => asks(`other${index}`));
    const later = given(started, asks('pay'), ...others);
    expect(when(later, turn('t1', 'turn-pay'))).toMatchObject([
      { data: { in_reply_to: 'turn-pay', ...unresolved } },
    ]);
  });
});
