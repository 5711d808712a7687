import type { JsonObject } from '../kernel/json.ts';
import { plusMs } from '../kernel/time.ts';
import type { Inheritance, MemoryChanges, PartnerMemory, PartnerState } from './state.ts';
import { goalDays, remembered } from './state.ts';

const dayMs = 86_400_000;

/**
 * What a listed session inherits at a time: the memory with the changes of all listed sessions. If two sessions changed
 * the same field, the one assigned later wins, whenever it made the change.
 */
export function inheritance(partner: PartnerState, sessionId: string, now: string): Inheritance {
  const { language, preferences, open_goals } = partner.sessions.reduce(
    (memory, { changes }) => applyChanges(memory, changes),
    partner.memory,
  );
  const oldest = plusMs(now, -goalDays * dayMs);
  const listed = partner.sessions.find(({ session_id }) => session_id === sessionId);
  return {
    previous_session_id: listed?.previous_session_id ?? null,
    language,
    preferences,
    open_goals: open_goals
      .filter(({ worked_at }) => worked_at >= oldest)
      .map(({ goal, step }) => ({ goal, step })),
  };
}

/** The memory after a session's changes. */
export function applyChanges(memory: PartnerMemory, changes: MemoryChanges): PartnerMemory {
  const { language, preferences, open_goals, finished_goals } = changes;
  const changed = new Set([...finished_goals, ...open_goals.map(({ goal }) => goal)]);
  return {
    language: language ?? memory.language,
    preferences: merge(memory.preferences, preferences),
    open_goals: [...memory.open_goals.filter(({ goal }) => !changed.has(goal)), ...open_goals].slice(
      -remembered.goals,
    ),
  };
}

function merge(known: JsonObject, changes: JsonObject): JsonObject {
  const unchanged = Object.entries(known).filter(([name]) => !Object.hasOwn(changes, name));
  const set = Object.entries(changes).filter(([, value]) => value !== null);
  return Object.fromEntries([...unchanged, ...set].slice(-remembered.preferences));
}
