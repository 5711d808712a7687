/** How many goals a session may have, including suspended ones. */
export const goalsLimit = 16;

/** A goal that is neither completed nor abandoned. */
export interface OpenGoal {
  readonly goal: string;
  readonly step: string | null;
}

interface SuspendedGoal extends OpenGoal {
  readonly status: 'suspended';
}

/** The current goal, and the suspended ones as a stack with the latest last: after a digression the conversation returns to them. */
export interface GoalState {
  readonly current_goal: string | null;
  readonly step: string | null;
  readonly status: 'in_progress' | null;
  readonly stack: readonly SuspendedGoal[];
}

export const noGoals: GoalState = { current_goal: null, step: null, status: null, stack: [] };

/** The open goals, the current one last. */
export function openGoals({ current_goal, step, stack }: GoalState): OpenGoal[] {
  const suspended = stack.map((item) => ({ goal: item.goal, step: item.step }));
  return current_goal === null ? suspended : [...suspended, { goal: current_goal, step }];
}
