import { unknownEvent } from '../kernel/unknown.ts';
import type { GoalEvent } from './events.ts';
import type { GoalState } from './state.ts';
import { noGoals } from './state.ts';

/** The goals after one of their events. */
export function evolveGoals(goals: GoalState, event: GoalEvent): GoalState {
  const { goal } = event.data;
  switch (event.type) {
    case 'GoalSet':
      return current(goals.stack, goal, event.data.step);
    case 'GoalAdvanced':
      return goals.current_goal === goal ? { ...goals, step: event.data.step } : goals;
    case 'GoalSuspended':
      return goals.current_goal === goal
        ? none([...goals.stack, { goal, step: goals.step, status: 'suspended' }])
        : goals;
    case 'GoalResumed': {
      const step = goals.stack.find((item) => item.goal === goal)?.step ?? null;
      return current(without(goals.stack, goal), goal, step);
    }
    case 'GoalCompleted':
    case 'GoalAbandoned':
      return goals.current_goal === goal
        ? none(goals.stack)
        : { ...goals, stack: without(goals.stack, goal) };
    default:
      return unknownEvent(goals, event);
  }
}

function current(stack: GoalState['stack'], goal: string, step: string | null): GoalState {
  return { current_goal: goal, step, status: 'in_progress', stack };
}

function none(stack: GoalState['stack']): GoalState {
  return { ...noGoals, stack };
}

function without(stack: GoalState['stack'], goal: string): GoalState['stack'] {
  return stack.filter((item) => item.goal !== goal);
}
