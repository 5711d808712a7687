import type {
  GoalAbandoned,
  GoalAdvanced,
  GoalCompleted,
  GoalResumed,
  GoalSet,
  GoalSuspended,
} from '../session/events.ts';
import type { SessionState } from '../session/state.ts';

type Goals = SessionState['goal_state'];
export type GoalEvent = GoalSet | GoalAdvanced | GoalSuspended | GoalResumed | GoalCompleted | GoalAbandoned;

/** The goals after a goal event: one current goal at most, the suspended ones on a stack, the latest last. */
export function evolveGoals(goals: Goals, event: GoalEvent): Goals {
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
      return event satisfies never;
  }
}

function current(stack: Goals['stack'], goal: string, step: string | null): Goals {
  return { current_goal: goal, step, status: 'in_progress', stack };
}

function none(stack: Goals['stack']): Goals {
  return { current_goal: null, step: null, status: null, stack };
}

function without(stack: Goals['stack'], goal: string): Goals['stack'] {
  return stack.filter((item) => item.goal !== goal);
}
