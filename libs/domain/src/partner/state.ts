import type { Home } from '../cells/home.ts';
import type { OpenGoal } from '../goals/state.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { PartnerPrivacy } from './privacy.ts';

/** How many goals and preferences are remembered; the least recently changed are dropped first. */
export const remembered = { goals: 8, preferences: 32 } as const;
/** How many days a goal is remembered after a session last worked on it. */
export const goalDays = 30;
/** How many possibly active sessions a partner has; the oldest is dropped from the list first. */
export const listedSessions = 16;

interface RememberedGoal extends OpenGoal {
  /** When a session last worked on it. */
  readonly worked_at: string;
}

/** The memory of a partner across sessions. */
export interface PartnerMemory {
  /** Null: unknown. */
  readonly language: string | null;
  readonly preferences: JsonObject;
  /** The one most recently worked on is last. */
  readonly open_goals: readonly RememberedGoal[];
}

/** The changes of a session compared with what it inherited. */
export interface MemoryChanges {
  /** Null: unchanged. */
  readonly language: string | null;
  /** Null: removed. */
  readonly preferences: JsonObject;
  /** Set, advanced or resumed. */
  readonly open_goals: readonly RememberedGoal[];
  readonly finished_goals: readonly string[];
}

/** A session in the partner's stream, listed before it starts. */
export interface ListedSession {
  readonly session_id: string;
  readonly previous_session_id: string | null;
  /** Whether the next caller who asks for the partner's session starts this one, if it has not started by then. */
  readonly completable: boolean;
  readonly over: boolean;
  readonly changes: MemoryChanges;
}

/** The fold of a partner's stream. Each event holds all of it, so that the last one is enough. */
export interface PartnerState {
  readonly last_session_id: string | null;
  /** The changes of sessions that are no longer listed. */
  readonly memory: PartnerMemory;
  /** The sessions that may be active, and those assigned after one of them, in order of assignment. */
  readonly sessions: readonly ListedSession[];
  /** Absent: there are no requests. */
  readonly privacy?: PartnerPrivacy;
  /** The cell in which the partner accepts commands; absent: it started before there were cells. */
  readonly home?: Home;
}

/** What a new session inherits. */
export interface Inheritance {
  readonly previous_session_id: string | null;
  readonly language: string | null;
  readonly preferences: JsonObject;
  readonly open_goals: readonly OpenGoal[];
}

export const noChanges: MemoryChanges = {
  language: null,
  preferences: {},
  open_goals: [],
  finished_goals: [],
};

export const newPartner: PartnerState = {
  last_session_id: null,
  memory: { language: null, preferences: {}, open_goals: [] },
  sessions: [],
};
