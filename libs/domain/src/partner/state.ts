import type { OpenGoal } from '../goals/state.ts';
import type { JsonObject } from '../kernel/json.ts';

/** What is remembered of a partner from one session to the next. */
export interface PartnerMemory {
  readonly session_id: string;
  /** When that session began: an older session never overwrites the memory of a newer one. */
  readonly start_time: string;
  readonly language: string;
  readonly preferences: JsonObject;
  readonly open_goals: readonly OpenGoal[];
}
