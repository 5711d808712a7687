import { expect, test } from '@jest/globals';
import { contextOf, newSession } from '#domain';
import { mask } from '../privacy/mask.ts';
import { contextRules } from './shown.ts';

test('a masked context shows no value that came with personal fields', () => {
  const secret = 'secret';
  const session = newSession('s');
  const { state } = session;
  const context = contextOf({
    ...session,
    state: {
      ...state,
      identity: { partner_id: 'P1', name: secret, region: secret, device: secret },
      goal_state: {
        current_goal: 'pay',
        step: secret,
        status: 'in_progress',
        stack: [{ goal: 'other', step: secret, status: 'suspended' }],
      },
      conversation_flags: { ...state.conversation_flags, vip: secret },
      short_term_memory: { ...state.short_term_memory, preferences: { call_back: secret } },
      recent_turns: [
        { turn_id: 't', sender: 'user', message_text: secret, parsed_intent: 'ask', timestamp: 'now' },
      ],
    },
  });
  const masked = mask(context, contextRules);
  expect(JSON.stringify(masked)).not.toContain(secret);
  expect(masked.conversation_flags).toEqual({ ...context.conversation_flags, vip: '[masked]' });
  expect(masked.goal_state.current_goal).toBe('pay');
});
