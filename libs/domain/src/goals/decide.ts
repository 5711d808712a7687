import type { Decision } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import { unknownCommand } from '../kernel/unknown.ts';
import type { GoalCommand, SetGoal, UpdateGoal } from './commands.ts';
import type { GoalEvent } from './events.ts';
import type { GoalState } from './state.ts';
import { goalsLimit } from './state.ts';

export type GoalRejection = 'goal_not_set' | 'goal_suspended' | 'too_many_goals';
type GoalDecision = Decision<GoalEvent, GoalRejection>;

/** Decides a command about the goals of a session. */
export function decideGoal(command: GoalCommand, goals: GoalState): GoalDecision {
  switch (command.type) {
    case 'SetGoal':
      return setGoal(command, goals);
    case 'UpdateGoal':
      return updateGoal(command, goals);
    default:
      return unknownCommand(command);
  }
}

/** A new goal suspends the current one; a suspended goal is resumed; the current one advances. */
function setGoal(command: SetGoal, goals: GoalState): GoalDecision {
  const { goal, step } = command;
  if (goals.current_goal === goal) return advance(goals, goal, step);
  const isSuspended = goals.stack.some((item) => item.goal === goal);
  if (isSuspended) return accept(...resume(goals, goal), ...stepAfter(goal, step));
  if (goals.stack.length + (goals.current_goal === null ? 0 : 1) >= goalsLimit) {
    return reject('too_many_goals', `A session holds ${goalsLimit} goals; complete or abandon one first.`);
  }
  return accept(...suspendCurrent(goals), { type: 'GoalSet', data: { goal, step } });
}

/** Changes a goal's step or status. Completing or abandoning the current goal resumes the last suspended one. */
function updateGoal(command: UpdateGoal, goals: GoalState): GoalDecision {
  const { goal, step, status } = command;
  const isCurrent = goals.current_goal === goal;
  if (!isCurrent && !goals.stack.some((item) => item.goal === goal)) {
    return reject('goal_not_set', `Goal "${goal}" is not set in this session.`);
  }
  if (status === 'completed' || status === 'abandoned') return finish(goals, goal, status, step);
  if (status === 'suspended') {
    if (!isCurrent) return accept();
    return accept(...stepAfter(goal, step), { type: 'GoalSuspended', data: { goal } });
  }
  if (isCurrent) return advance(goals, goal, step);
  if (status === null) {
    return reject('goal_suspended', `Goal "${goal}" is suspended; send status "in_progress" to resume it.`);
  }
  return accept(...resume(goals, goal), ...stepAfter(goal, step));
}

function finish(
  goals: GoalState,
  goal: string,
  status: 'completed' | 'abandoned',
  step: string | null,
): GoalDecision {
  const finished: GoalEvent = {
    type: status === 'completed' ? 'GoalCompleted' : 'GoalAbandoned',
    data: { goal },
  };
  if (goals.current_goal !== goal) return accept(finished);
  const next = goals.stack.at(-1);
  const resumed: GoalEvent[] = next ? [{ type: 'GoalResumed', data: { goal: next.goal } }] : [];
  return accept(...stepAfter(goal, step), finished, ...resumed);
}

function advance(goals: GoalState, goal: string, step: string | null): GoalDecision {
  return step === null || step === goals.step ? accept() : accept(...stepAfter(goal, step));
}

function stepAfter(goal: string, step: string | null): GoalEvent[] {
  return step === null ? [] : [{ type: 'GoalAdvanced', data: { goal, step } }];
}

function resume(goals: GoalState, goal: string): GoalEvent[] {
  return [...suspendCurrent(goals), { type: 'GoalResumed', data: { goal } }];
}

function suspendCurrent(goals: GoalState): GoalEvent[] {
  return goals.current_goal === null ? [] : [{ type: 'GoalSuspended', data: { goal: goals.current_goal } }];
}
