import type { SessionEvent } from '../session/events.ts';
import type { JsonObject } from './json.ts';

/** Why the state does not allow a command. Codes are stable. */
export interface Rejection {
  readonly code:
    | 'session_not_found'
    | 'session_exists'
    | 'session_over'
    | 'goal_not_set'
    | 'goal_suspended'
    | 'too_many_goals'
    | 'flag_is_derived'
    | 'too_many_flags'
    | 'too_many_preferences'
    | 'handoff_not_possible'
    | 'unknown_inquiry_kind'
    | 'inquiry_subject'
    | 'too_many_inquiries'
    | 'inquiry_not_found'
    | 'unknown_source'
    | 'answer_too_large'
    | 'agent_replaced';
  readonly reason: string;
  /** What a caller may want to know besides, as members of the answer. */
  readonly data?: JsonObject;
}

/** What deciding gives: the events to append (none when the command changes nothing), or why it is refused. */
export type Decision = { readonly events: readonly SessionEvent[] } | { readonly rejection: Rejection };

export function accept(...events: SessionEvent[]): Decision {
  return { events };
}

export function reject(code: Rejection['code'], reason: string): Decision {
  return { rejection: { code, reason } };
}
