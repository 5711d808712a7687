import { expect, test } from '@jest/globals';
import { timeOf } from '../kernel/test-decider.ts';
import { memoryOf } from './memory.ts';
import type { SessionEvent } from './events.ts';
import { given, sessionId, started } from './test-scenario.ts';

const set = (goal: string, step: string | null): SessionEvent => ({ type: 'GoalSet', data: { goal, step } });

test('the memory has the language, preferences and start of the session', () => {
  const session = given(
    started,
    { type: 'PreferenceChanged', data: { name: 'language', value: 'ta' } },
    { type: 'PreferenceChanged', data: { name: 'call_back', value: 'evening' } },
  );
  expect(memoryOf(session)).toEqual({
    session_id: sessionId,
    start_time: timeOf(0),
    language: 'ta',
    preferences: { call_back: 'evening' },
    open_goals: [],
  });
});

test('the memory has the open goals of the session, the current one last', () => {
  const suspended: SessionEvent = { type: 'GoalSuspended', data: { goal: 'pay' } };
  expect(memoryOf(given(started, set('pay', 'verify'), suspended, set('order', null))).open_goals).toEqual([
    { goal: 'pay', step: 'verify' },
    { goal: 'order', step: null },
  ]);
});
