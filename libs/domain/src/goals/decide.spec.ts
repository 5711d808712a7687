import { describe, expect, test } from '@jest/globals';
import { scenariosOf } from '../kernel/test-decider.ts';
import type { SetGoal, UpdateGoal } from './commands.ts';
import { decideGoal } from './decide.ts';
import type { GoalEvent } from './events.ts';
import { evolveGoals } from './evolve.ts';
import { goalsLimit, noGoals } from './state.ts';

const { given } = scenariosOf({ initial: noGoals, decide: decideGoal, evolve: evolveGoals });

const set = (goal: string, step: string | null = null): SetGoal => ({ type: 'SetGoal', goal, step });
const update = (goal: string, change: Partial<UpdateGoal>): UpdateGoal => ({
  type: 'UpdateGoal',
  goal,
  step: null,
  status: null,
  ...change,
});
const goalSet = (goal: string, step: string | null = null): GoalEvent => ({
  type: 'GoalSet',
  data: { goal, step },
});
const advanced = (goal: string, step: string): GoalEvent => ({ type: 'GoalAdvanced', data: { goal, step } });
const suspended = (goal: string): GoalEvent => ({ type: 'GoalSuspended', data: { goal } });
const resumed = (goal: string): GoalEvent => ({ type: 'GoalResumed', data: { goal } });
const completed = (goal: string): GoalEvent => ({ type: 'GoalCompleted', data: { goal } });
const abandoned = (goal: string): GoalEvent => ({ type: 'GoalAbandoned', data: { goal } });

/** A current goal "order" on top of the suspended "pay". */
const digression = [goalSet('pay', 'verify_bank'), suspended('pay'), goalSet('order')];

describe('setting a goal', () => {
  test('without a current one makes it the current one', () => {
    expect(given().when(set('pay', 'verify_bank'))).toEqual([goalSet('pay', 'verify_bank')]);
  });

  test('suspends the current one', () => {
    expect(given(goalSet('pay')).when(set('order'))).toEqual([suspended('pay'), goalSet('order')]);
  });

  test('that is current changes nothing', () => {
    expect(given(goalSet('pay', 'verify_bank')).when(set('pay'))).toEqual([]);
  });

  test('that is current, at the same step, changes nothing', () => {
    expect(given(goalSet('pay', 'verify_bank')).when(set('pay', 'verify_bank'))).toEqual([]);
  });

  test('that is current, with another step, advances it', () => {
    expect(given(goalSet('pay')).when(set('pay', 'verify_bank'))).toEqual([advanced('pay', 'verify_bank')]);
  });

  test('that is suspended resumes it', () => {
    expect(given(...digression).when(set('pay', 'confirm'))).toEqual([
      suspended('order'),
      resumed('pay'),
      advanced('pay', 'confirm'),
    ]);
  });

  test('that is suspended, without a current goal, only resumes it', () => {
    expect(given(goalSet('pay'), suspended('pay')).when(set('pay'))).toEqual([resumed('pay')]);
  });

  describe('at the limit of a session', () => {
    const names = Array.from({ length: goalsLimit }, (_, index) => `goal-${index}`);
    const history = names.flatMap((name) => [goalSet(name), suspended(name)]);

    test('is rejected', () => {
      expect(given(...history).when(set('one-more'))).toBe('too_many_goals');
    });

    test('is rejected when the last one is the current one', () => {
      expect(given(...history.slice(0, -1)).when(set('one-more'))).toBe('too_many_goals');
    });

    test('is accepted for an existing goal', () => {
      expect(given(...history).when(set('goal-0'))).toEqual([resumed('goal-0')]);
    });
  });
});

describe('updating a goal', () => {
  test('that is not set is rejected', () => {
    expect(given(goalSet('order')).when(update('pay', { step: 'x' }))).toBe('goal_not_set');
  });

  test('that was completed is rejected', () => {
    expect(given(goalSet('pay'), completed('pay')).when(update('pay', {}))).toBe('goal_not_set');
  });

  test('with a step advances the current goal', () => {
    expect(given(goalSet('pay')).when(update('pay', { step: 'x' }))).toEqual([advanced('pay', 'x')]);
  });

  test('with a step is rejected for a suspended goal', () => {
    expect(given(...digression).when(update('pay', { step: 'x' }))).toBe('goal_suspended');
  });

  test('to in progress resumes a suspended goal, at a new step', () => {
    expect(given(...digression).when(update('pay', { status: 'in_progress', step: 'x' }))).toEqual([
      suspended('order'),
      resumed('pay'),
      advanced('pay', 'x'),
    ]);
  });

  test('to completed resumes the last suspended goal', () => {
    expect(given(...digression).when(update('order', { status: 'completed' }))).toEqual([
      completed('order'),
      resumed('pay'),
    ]);
  });

  test('to completed with a step advances to that step first', () => {
    expect(given(goalSet('pay')).when(update('pay', { status: 'completed', step: 'x' }))).toEqual([
      advanced('pay', 'x'),
      completed('pay'),
    ]);
  });

  test('to abandoned leaves the current goal unchanged when it is another one', () => {
    expect(given(...digression).when(update('pay', { status: 'abandoned' }))).toEqual([abandoned('pay')]);
  });

  test('to suspended leaves the session without a current goal', () => {
    expect(given(goalSet('pay')).when(update('pay', { status: 'suspended' }))).toEqual([suspended('pay')]);
  });

  test('to suspended changes nothing for a suspended goal', () => {
    expect(given(...digression).when(update('pay', { status: 'suspended' }))).toEqual([]);
  });
});

describe('the goals', () => {
  test('have the suspended goal with its step on the stack during a digression', () => {
    expect(given(...digression).state).toEqual({
      current_goal: 'order',
      step: null,
      status: 'in_progress',
      stack: [{ goal: 'pay', step: 'verify_bank', status: 'suspended' }],
    });
  });

  test('have the resumed goal at its previous step', () => {
    expect(given(...digression, completed('order'), resumed('pay')).state).toEqual({
      current_goal: 'pay',
      step: 'verify_bank',
      status: 'in_progress',
      stack: [],
    });
  });

  test('have the step that the current goal advanced to', () => {
    expect(given(goalSet('pay'), advanced('pay', 'x')).state).toMatchObject({ step: 'x' });
  });

  test('have no current goal after it was completed', () => {
    expect(given(goalSet('pay'), completed('pay')).state).toEqual(noGoals);
  });

  test('do not have a suspended goal that was abandoned', () => {
    expect(given(...digression, abandoned('pay')).state).toMatchObject({ current_goal: 'order', stack: [] });
  });

  test.each([
    ['advances', advanced('other', 'x')],
    ['is suspended', suspended('other')],
    ['is completed', completed('other')],
  ])('stay unchanged when an unknown goal %s', (_, event) => {
    expect(given(...digression, event).state).toEqual(given(...digression).state);
  });

  test('have a goal without a step when a goal that was not suspended is resumed', () => {
    expect(given(resumed('pay')).state).toMatchObject({ current_goal: 'pay', step: null });
  });
});

test('an unknown command is an error', () => {
  const command = { type: 'Unknown' } as unknown as SetGoal;
  expect(() => decideGoal(command, noGoals)).toThrow('Unknown command: {"type":"Unknown"}');
});

test('an unknown event changes nothing', () => {
  expect(evolveGoals(noGoals, { type: 'Unknown', data: {} } as unknown as GoalEvent)).toBe(noGoals);
});
