import type { Event, FieldClasses } from '../kernel/event.ts';

export type GoalSet = Event<'GoalSet', { goal: string; step: string | null }>;
export type GoalAdvanced = Event<'GoalAdvanced', { goal: string; step: string | null }>;
export type GoalSuspended = Event<'GoalSuspended', { goal: string }>;
export type GoalResumed = Event<'GoalResumed', { goal: string }>;
export type GoalCompleted = Event<'GoalCompleted', { goal: string }>;
export type GoalAbandoned = Event<'GoalAbandoned', { goal: string }>;

export type GoalEvent = GoalSet | GoalAdvanced | GoalSuspended | GoalResumed | GoalCompleted | GoalAbandoned;

export const goalFieldClasses: FieldClasses<GoalEvent> = {
  GoalSet: { goal: 'plain', step: 'personal' },
  GoalAdvanced: { goal: 'plain', step: 'personal' },
  GoalSuspended: { goal: 'plain' },
  GoalResumed: { goal: 'plain' },
  GoalCompleted: { goal: 'plain' },
  GoalAbandoned: { goal: 'plain' },
};
