import { describe, expect, test } from '@jest/globals';
import type { SessionEvent } from '../session/events.ts';
import { evolveSession } from '../session/evolve.ts';
import { given, metadata, started, when } from '../session/test-scenario.ts';
import type { SessionCommand, UpdateGoal } from '../session/commands.ts';
import type { Session } from '../session/evolve.ts';

const set = (goal: string, step: string | null = null): SessionCommand => ({ type: 'SetGoal', goal, step });
const update = (goal: string, change: Partial<UpdateGoal>): SessionCommand => ({
  type: 'UpdateGoal',
  goal,
  step: null,
  status: null,
  ...change,
});

/** The session after commands that are all allowed. */
function after(...commands: SessionCommand[]): Session {
  return commands.reduce((session, command) => {
    const events = when(session, command);
    if (typeof events === 'string') throw new Error(`refused: ${events}`);
    return events.reduce((now, event) => {
      const revision = now.revision + 1;
      return evolveSession(now, {
        ...event,
        event_id: `event-${revision}`,
        revision,
        metadata: metadata(revision),
      });
    }, session);
  }, given(started));
}

const types = (events: ReturnType<typeof when>): string[] | string =>
  typeof events === 'string' ? events : events.map((event: SessionEvent) => `${event.type} ${goalOf(event)}`);
const goalOf = (event: SessionEvent): string => ('goal' in event.data ? event.data.goal : '');

describe('goals', () => {
  test('a digression suspends the goal and finishing it brings the goal back where it was', () => {
    const digressed = after(set('pay', 'verify_bank'), set('track_order'));
    expect(digressed.state.goal_state).toEqual({
      current_goal: 'track_order',
      step: null,
      status: 'in_progress',
      stack: [{ goal: 'pay', step: 'verify_bank', status: 'suspended' }],
    });
    const done = update('track_order', { status: 'completed' });
    expect(types(when(digressed, done))).toEqual(['GoalCompleted track_order', 'GoalResumed pay']);
    const back = after(set('pay', 'verify_bank'), set('track_order'), done);
    expect(back.state.goal_state).toMatchObject({ current_goal: 'pay', step: 'verify_bank', stack: [] });
  });

  test('setting the current goal again changes nothing but the step', () => {
    expect(when(after(set('pay')), set('pay'))).toEqual([]);
    expect(types(when(after(set('pay')), set('pay', 'verify_bank')))).toEqual(['GoalAdvanced pay']);
  });

  test('setting a goal that waits resumes it', () => {
    expect(types(when(after(set('pay'), set('order')), set('pay')))).toEqual([
      'GoalSuspended order',
      'GoalResumed pay',
    ]);
  });

  test('only a goal that is set can be moved, and only the current one advances', () => {
    expect(when(after(), update('pay', { step: 'x' }))).toBe('goal_not_set');
    expect(when(after(set('pay'), set('order')), update('pay', { step: 'x' }))).toBe('goal_suspended');
    expect(when(after(set('pay')), update('pay', { status: 'completed' }))).toHaveLength(1);
    expect(when(after(set('pay'), update('pay', { status: 'completed' })), update('pay', {}))).toBe(
      'goal_not_set',
    );
  });

  test('a waiting goal can be resumed, or abandoned without touching the current one', () => {
    const two = after(set('pay'), set('order'));
    expect(types(when(two, update('pay', { status: 'in_progress', step: 'x' })))).toEqual([
      'GoalSuspended order',
      'GoalResumed pay',
      'GoalAdvanced pay',
    ]);
    expect(types(when(two, update('pay', { status: 'abandoned' })))).toEqual(['GoalAbandoned pay']);
    expect(
      after(set('pay'), set('order'), update('pay', { status: 'abandoned' })).state.goal_state,
    ).toMatchObject({
      current_goal: 'order',
      stack: [],
    });
  });

  test('suspending the current goal leaves none, once', () => {
    const suspend = update('pay', { status: 'suspended' });
    expect(types(when(after(set('pay')), suspend))).toEqual(['GoalSuspended pay']);
    expect(after(set('pay'), suspend).state.goal_state).toMatchObject({ current_goal: null, status: null });
    expect(when(after(set('pay'), suspend), suspend)).toEqual([]);
  });

  test('goals nest to a bounded depth', () => {
    const sixteen = Array.from({ length: 16 }, (_, index) => set(`goal-${index}`));
    expect(when(after(...sixteen), set('one-more'))).toBe('too_many_goals');
    expect(when(after(...sixteen), set('goal-0'))).toHaveLength(2);
  });
});
