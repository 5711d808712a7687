import { describe, expect, test } from '@jest/globals';
import { timeOf } from '../kernel/test-decider.ts';
import type { MemoryChanges } from '../partner/state.ts';
import { noChanges } from '../partner/state.ts';
import type { SessionEvent } from './events.ts';
import { memoryChanges } from './memory.ts';
import { given, started } from './test-scenario.ts';

const begin = {
  ...started,
  data: {
    ...started.data,
    preferences: { call_back: 'evening', vehicle: 'bike' },
    open_goals: [
      { goal: 'pay', step: 'verify' },
      { goal: 'order', step: null },
    ],
  },
};
const prefer = (name: string, value: string | null): SessionEvent => ({
  type: 'PreferenceChanged',
  data: { name, value },
});
const of = (type: 'GoalSuspended' | 'GoalResumed' | 'GoalCompleted', goal: string): SessionEvent => ({
  type,
  data: { goal },
});

function changes(events: readonly SessionEvent[], known: MemoryChanges = noChanges): MemoryChanges {
  return memoryChanges(begin.data, given(begin, ...events), known);
}

describe('a session', () => {
  test('that changed nothing has no changes', () => {
    expect(changes([])).toEqual(noChanges);
  });

  test('has changed its language when it differs', () => {
    expect(changes([prefer('language', 'ta')]).language).toBe('ta');
  });

  test('has changed the preferences that differ, removed ones as null', () => {
    const events = [prefer('vehicle', null), prefer('shift', 'night'), prefer('call_back', 'evening')];
    expect(changes(events).preferences).toEqual({ vehicle: null, shift: 'night' });
  });

  test('keeps a known change even if the first value is back', () => {
    const known = { ...noChanges, language: 'ta', preferences: { call_back: 'noon' } };
    expect(changes([], known)).toMatchObject({ language: 'hi', preferences: { call_back: 'evening' } });
  });

  test('has worked on goals that it set, advanced or resumed, not on merely inherited ones', () => {
    const set: SessionEvent = { type: 'GoalSet', data: { goal: 'greet', step: null } };
    expect(changes([set, of('GoalSuspended', 'greet'), of('GoalResumed', 'pay')]).open_goals).toEqual([
      { goal: 'greet', step: null, worked_at: timeOf(3) },
      { goal: 'pay', step: 'verify', worked_at: timeOf(3) },
    ]);
  });

  test('keeps the time of a goal that it has not worked on since', () => {
    const known = { ...noChanges, open_goals: [{ goal: 'pay', step: 'verify', worked_at: timeOf(0) }] };
    expect(changes([prefer('shift', 'night')], known).open_goals).toEqual(known.open_goals);
  });

  test('has finished inherited goals that are no longer open', () => {
    expect(changes([of('GoalCompleted', 'pay')])).toMatchObject({ open_goals: [], finished_goals: ['pay'] });
  });
});
