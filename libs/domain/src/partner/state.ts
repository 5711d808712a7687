import type { Home } from '../cells/home.ts';
import type { OpenGoal } from '../goals/state.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { PartnerPrivacy } from './privacy.ts';

/** How many goals and preferences are remembered; those that were changed the longest time ago fall out first. */
export const remembered = { goals: 8, preferences: 32 } as const;
/** How many days a goal is remembered that no session works on. */
export const goalDays = 30;
/** How many sessions that may still be active a partner has; the oldest leaves the list first. */
export const listedSessions = 16;

interface RememberedGoal extends OpenGoal {
  /** When a session last worked on it. */
  readonly worked_at: string;
}

/** What is remembered of a partner from one session to the next. */
export interface PartnerMemory {
  /** Null: unknown. */
  readonly language: string | null;
  readonly preferences: JsonObject;
  /** The one that was worked on last is the last. */
  readonly open_goals: readonly RememberedGoal[];
}

/** What a session has changed of that which it began with. */
export interface MemoryChanges {
  /** Null: unchanged. */
  readonly language: string | null;
  /** Null: removed. */
  readonly preferences: JsonObject;
  /** Set, advanced or resumed. */
  readonly open_goals: readonly RememberedGoal[];
  readonly finished_goals: readonly string[];
}

/** A session in the partner's stream. It is there before it starts. */
export interface ListedSession {
  readonly session_id: string;
  readonly previous_session_id: string | null;
  /** Whether the next who asks for the partner's session starts this one, should it not have started by then. */
  readonly completable: boolean;
  readonly over: boolean;
  readonly changes: MemoryChanges;
}

/** The fold of a partner's stream. Each event holds all of it, so that the last one is enough. */
export interface PartnerState {
  readonly last_session_id: string | null;
  /** What the sessions have left that are no longer listed. */
  readonly memory: PartnerMemory;
  /** The sessions that may be active, and those that came after one of them, in the order of their assignment. */
  readonly sessions: readonly ListedSession[];
  /** Absent: nobody has asked for anything. */
  readonly privacy?: PartnerPrivacy;
  /** In which cell the partner takes commands; absent: it began before there were cells. */
  readonly home?: Home;
}

/** What a new session begins with. */
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
