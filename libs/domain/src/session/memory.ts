import { openGoals } from '../goals/state.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import { canonicalJson } from '../kernel/json.ts';
import type { MemoryChanges } from '../partner/state.ts';
import type { SessionStarted } from './events.ts';
import type { Session } from './session.ts';
import type { SessionState } from './state.ts';

type Started = Pick<SessionStarted['data'], 'language' | 'preferences' | 'open_goals'>;

/**
 * The changes of a session compared with what it inherited. A change that was already known stays one, even if the first
 * value is back.
 */
export function memoryChanges(started: Started, { state }: Session, known: MemoryChanges): MemoryChanges {
  const { preferred_language, preferences } = state.short_term_memory;
  const isChanged = known.language !== null || preferred_language !== started.language;
  return {
    language: isChanged ? preferred_language : null,
    preferences: changedPreferences(started.preferences, preferences, known.preferences),
    ...changedGoals(started.open_goals, state, known),
  };
}

function changedPreferences(started: JsonObject, now: JsonObject, known: JsonObject): JsonObject {
  const names = Object.keys({ ...started, ...known, ...now });
  const isChanged = (name: string): boolean =>
    Object.hasOwn(known, name) || canonicalJson(valueOf(started, name)) !== canonicalJson(valueOf(now, name));
  return Object.fromEntries(names.filter(isChanged).map((name) => [name, valueOf(now, name)]));
}

function valueOf(preferences: JsonObject, name: string): Json {
  return Object.hasOwn(preferences, name) ? (preferences[name] ?? null) : null;
}

/** An inherited goal that keeps its step and is suspended has not been worked on. */
function changedGoals(
  started: Started['open_goals'],
  { goal_state, session }: SessionState,
  known: MemoryChanges,
): Pick<MemoryChanges, 'open_goals' | 'finished_goals'> {
  const open = openGoals(goal_state);
  const open_goals = open.flatMap(({ goal, step }) => {
    const isCurrent = goal === goal_state.current_goal;
    const before = known.open_goals.find((item) => item.goal === goal);
    if (before !== undefined && before.step === step && !isCurrent) return [before];
    const isInherited = started.some((item) => item.goal === goal && item.step === step);
    const isUntouched = before === undefined && isInherited && !isCurrent;
    return isUntouched ? [] : [{ goal, step, worked_at: session.last_activity_time }];
  });
  const isOpen = new Set(open.map(({ goal }) => goal));
  const finished_goals = started.map(({ goal }) => goal).filter((goal) => !isOpen.has(goal));
  return { open_goals, finished_goals };
}
