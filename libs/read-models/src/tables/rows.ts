import type { JsonObject, Sender, SessionStatus } from '#domain';

export interface SessionRow {
  readonly session_id: string;
  readonly partner_id: string;
  readonly start_time: string;
  readonly last_activity_time: string;
  readonly channel: string;
  readonly current_task: string | null;
  readonly language: string;
  readonly expires_at: string;
  readonly expires_in_s: number;
  readonly status: SessionStatus;
  readonly agent_instance: string | null;
  readonly agent_pool: string | null;
  readonly agent_epoch: number | null;
  /** For a fork: the session that it was forked from. */
  readonly forked_from: string | null;
  /** In the order of opening. */
  readonly open_inquiries: readonly string[];
  readonly revision: number;
}

/** Sets the fields that are not null; the last activity only moves forward. The current task: the given one if known, else none if it is among those cleared. */
export interface SessionPatch {
  readonly session_id: string;
  readonly revision: number;
  readonly last_activity_time: string | null;
  readonly channel: string | null;
  readonly language: string | null;
  readonly status: SessionStatus | null;
  readonly task_known: boolean;
  readonly current_task: string | null;
  readonly tasks_cleared: readonly string[];
  /** Whether the next three are known; otherwise they stay unchanged. */
  readonly agent_known: boolean;
  readonly agent_instance: string | null;
  readonly agent_pool: string | null;
  readonly agent_epoch: number | null;
  /** Those still open, in the order of opening. */
  readonly inquiries_opened: readonly string[];
  readonly inquiries_closed: readonly string[];
}

/** The state of a session when a turn was recorded, as far as its batch knows it; the rest comes from the session's row before the batch. */
export interface TurnContext {
  /** Null: the row's channel. */
  readonly channel: string | null;
  /** Whether `goal` is known; otherwise it is the row's, unless that is among those cleared. */
  readonly goal_known: boolean;
  readonly goal: string | null;
  readonly goals_cleared: readonly string[];
  /** Null: the last of the row's open inquiries that is not closed. */
  readonly inquiry_id: string | null;
  readonly inquiries_closed: readonly string[];
}

export interface TurnRow extends TurnContext {
  readonly session_id: string;
  readonly turn_id: string;
  /** Null: the session row's. */
  readonly partner_id: string | null;
  readonly timestamp: string;
  /** As `timestamp`, but never earlier than the preceding turn or other activity of the session. */
  readonly ordered_at: string;
  readonly sender: Sender;
  readonly message_text: string;
  readonly parsed_intent: string | null;
  /** A string when sealed. */
  readonly extracted_entities: JsonObject | string;
  readonly response_text: string | null;
  readonly response_revision: number | null;
  /** From 0 to 1. */
  readonly intent_confidence: number | null;
  readonly bot_action: string | null;
  /** Sealed, like the texts. */
  readonly message_id: string | null;
  readonly actor_role: string | null;
  readonly actor_id: string | null;
  readonly revision: number;
  /** Commit position of the event, as digits; left out: unknown. */
  readonly position?: string | undefined;
}

/** The bot's reply, for the row of the user's turn. */
export interface ReplyRow {
  readonly session_id: string;
  readonly turn_id: string;
  readonly response_text: string;
  readonly response_revision: number;
}

/** An order, payout or shipment that a session refers to. */
export interface ReferenceRow {
  readonly session_id: string;
  readonly kind: string;
  readonly reference: string;
}

/** The sealed value of a token, as an event brought it. */
export interface TokenRow {
  readonly partner_id: string;
  readonly token: string;
  readonly session_id: string;
  readonly type: string;
  readonly sealed: string;
  readonly event_id: string;
  readonly revision: number;
}

/** A value of an entity, for the row of its turn. */
export interface EntityRow {
  readonly blind_index: string;
  readonly session_id: string;
  readonly revision: number;
}

/** A milestone of a session: of a goal, a flag, a handoff, an inquiry, a channel, its start or end. */
export interface MilestoneRow {
  readonly session_id: string;
  readonly revision: number;
  /** Null: the session row's. */
  readonly partner_id: string | null;
  /** Like `ordered_at` of a turn. */
  readonly at: string;
  readonly kind: string;
  readonly name: string | null;
  readonly outcome: string | null;
}

/** The stored forms of a turn's words. */
export interface WordsRow {
  readonly session_id: string;
  readonly revision: number;
  readonly words: readonly string[];
}

/** The range of revisions in which a session has events of a correlation id. */
export interface CorrelationRow {
  readonly session_id: string;
  /** See `correlationKey`. */
  readonly correlation: string;
  readonly first_revision: number;
  readonly last_revision: number;
}

/** The row changes of one event. */
export interface RowChange {
  readonly started?: SessionRow | undefined;
  readonly patch?: SessionPatch | undefined;
  readonly turn?: TurnRow | undefined;
  readonly reply?: ReplyRow | undefined;
  readonly references?: readonly ReferenceRow[];
  readonly tokens?: readonly TokenRow[];
  readonly entities?: readonly EntityRow[];
  readonly milestone?: MilestoneRow | undefined;
  readonly words?: WordsRow | undefined;
  readonly correlation?: CorrelationRow | undefined;
  /** The session's partner, if the event itself names it. */
  readonly partner_id?: string | undefined;
}
