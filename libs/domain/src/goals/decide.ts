import type { SetGoal, UpdateGoal } from '../session/commands.ts';
import type { Decision } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import type { SessionEvent } from '../session/events.ts';
import type { SessionState } from '../session/state.ts';
import { limits } from '../session/state.ts';

type Goals = SessionState['goal_state'];

/** A new goal suspends the current one; a goal that waits on the stack returns; the current one moves its step. */
export function setGoal(command: SetGoal, goals: Goals): Decision {
  const { goal, step } = command;
  if (goals.current_goal === goal) return advance(goals, goal, step);
  const waiting = goals.stack.some((item) => item.goal === goal);
  if (waiting) return accept(...resume(goals, goal), ...stepAfter(goal, step));
  if (goals.stack.length + (goals.current_goal === null ? 0 : 1) >= limits.goals) {
    return reject('too_many_goals', `A session holds ${limits.goals} goals; complete or abandon one first.`);
  }
  return accept(...suspendCurrent(goals), { type: 'GoalSet', data: { goal, step } });
}

/** Moves a goal's step or status. Completing or abandoning the current goal brings the last suspended one back. */
export function updateGoal(command: UpdateGoal, goals: Goals): Decision {
  const { goal, step, status } = command;
  const isCurrent = goals.current_goal === goal;
  if (!isCurrent && !goals.stack.some((item) => item.goal === goal)) {
    return reject('goal_not_set', `Goal "${goal}" is not set in this session; set it with POST …/goals.`);
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
  goals: Goals,
  goal: string,
  status: 'completed' | 'abandoned',
  step: string | null,
): Decision {
  const done: SessionEvent = {
    type: status === 'completed' ? 'GoalCompleted' : 'GoalAbandoned',
    data: { goal },
  };
  if (goals.current_goal !== goal) return accept(done);
  const next = goals.stack.at(-1);
  const returned: SessionEvent[] = next ? [{ type: 'GoalResumed', data: { goal: next.goal } }] : [];
  return accept(...stepAfter(goal, step), done, ...returned);
}

function advance(goals: Goals, goal: string, step: string | null): Decision {
  return step === null || step === goals.step ? accept() : accept(...stepAfter(goal, step));
}

function stepAfter(goal: string, step: string | null): SessionEvent[] {
  return step === null ? [] : [{ type: 'GoalAdvanced', data: { goal, step } }];
}

function resume(goals: Goals, goal: string): SessionEvent[] {
  return [...suspendCurrent(goals), { type: 'GoalResumed', data: { goal } }];
}

function suspendCurrent(goals: Goals): SessionEvent[] {
  return goals.current_goal === null ? [] : [{ type: 'GoalSuspended', data: { goal: goals.current_goal } }];
}
