import type { Command } from '../kernel/command.ts';

export const goalStatuses = ['in_progress', 'suspended', 'completed', 'abandoned'] as const;
type GoalStatus = (typeof goalStatuses)[number];

export type SetGoal = Command<'SetGoal', { goal: string; step: string | null }>;
/** Null: the step or the status stays unchanged. */
export type UpdateGoal = Command<
  'UpdateGoal',
  { goal: string; step: string | null; status: GoalStatus | null }
>;

export type GoalCommand = SetGoal | UpdateGoal;
