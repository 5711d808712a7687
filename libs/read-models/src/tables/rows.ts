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
  /** In the order in which they were opened. */
  readonly open_inquiries: readonly string[];
  readonly revision: number;
}

/** Sets what is not null; the time of the last activity only moves forward. The current task: the one given if it is known, else none if it is one of those cleared. */
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
  /** Whether the next three are known; else they stay as they are. */
  readonly agent_known: boolean;
  readonly agent_instance: string | null;
  readonly agent_pool: string | null;
  readonly agent_epoch: number | null;
  /** Those that stay open, in the order in which they were opened. */
  readonly inquiries_opened: readonly string[];
  readonly inquiries_closed: readonly string[];
}

/** What a session was when a turn was recorded, as far as its batch says; the rest is in the session's row before the batch. */
export interface TurnContext {
  /** Null: that of the row. */
  readonly channel: string | null;
  /** Whether `goal` is known; else it is that of the row, unless it is one of those cleared. */
  readonly goal_known: boolean;
  readonly goal: string | null;
  readonly goals_cleared: readonly string[];
  /** Null: the last of the row's that is not closed. */
  readonly inquiry_id: string | null;
  readonly inquiries_closed: readonly string[];
}

export interface TurnRow extends TurnContext {
  readonly session_id: string;
  readonly turn_id: string;
  /** Null: the one of the session's row. */
  readonly partner_id: string | null;
  readonly timestamp: string;
  /** As `timestamp`, but never before the turn, or other activity, that precedes it in the session. */
  readonly ordered_at: string;
  readonly sender: Sender;
  readonly message_text: string;
  readonly parsed_intent: string | null;
  /** A text: sealed. */
  readonly extracted_entities: JsonObject | string;
  readonly response_text: string | null;
  readonly response_revision: number | null;
  /** From 0 to 1. */
  readonly intent_confidence: number | null;
  readonly bot_action: string | null;
  /** Sealed, as the texts. */
  readonly message_id: string | null;
  readonly actor_role: string | null;
  readonly actor_id: string | null;
  readonly revision: number;
}

/** The bot's reply, for the row of the user's turn. */
export interface ReplyRow {
  readonly session_id: string;
  readonly turn_id: string;
  readonly response_text: string;
  readonly response_revision: number;
}

/** An order, payout or shipment that a session speaks of. */
export interface ReferenceRow {
  readonly session_id: string;
  readonly kind: string;
  readonly reference: string;
}

/** The value that a token stands for, as an event brought it. */
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

/** What one event does to the rows. */
export interface RowChange {
  readonly started?: SessionRow;
  readonly patch?: SessionPatch;
  readonly turn?: TurnRow;
  readonly reply?: ReplyRow;
  readonly references?: readonly ReferenceRow[];
  readonly tokens?: readonly TokenRow[];
  readonly entities?: readonly EntityRow[];
  /** Whose the session is, where the event itself says so. */
  readonly partner_id?: string;
}
