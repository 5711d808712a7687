/**
 * What a run records: a line of history.jsonl each. Times are milliseconds of the machine's monotonic clock, which all its
 * processes share.
 */
export type Entry = CommandEntry | ReadEntry | HandledEntry | AgentEntry | ErasureEntry | FaultEntry;

/** What one command asks for, as an item of `…/commands`. */
export type Item =
  | {
      readonly type: 'StartSession';
      readonly partner_id: string;
      readonly channel: string;
      readonly language?: string;
    }
  | {
      readonly type: 'RecordTurn';
      readonly sender: 'user' | 'bot';
      readonly message_text: string;
      readonly parsed_intent?: string;
      readonly extracted_entities?: Readonly<Record<string, string>>;
      readonly response_text?: string;
      readonly bot_action?: string;
      readonly turn_id?: string;
    }
  | { readonly type: 'SetGoal'; readonly goal: string; readonly step?: string }
  | { readonly type: 'UpdateGoal'; readonly goal: string; readonly step?: string; readonly status?: string }
  | { readonly type: 'RaiseFlag'; readonly flag: string; readonly value: string }
  | { readonly type: 'ClearFlag'; readonly flag: string }
  | { readonly type: 'SwitchChannel'; readonly channel: string }
  | { readonly type: 'ChangePreferences'; readonly preferences: Readonly<Record<string, string | null>> }
  | {
      readonly type: 'RecordExternalUpdate';
      readonly system: string;
      readonly kind: string;
      readonly data: Readonly<Record<string, string>>;
      readonly source_event_id: string;
      readonly occurred_at?: string;
      readonly status?: string;
      readonly references?: Readonly<Record<string, string>>;
    }
  | {
      /** Sent alone: it is no item of `…/commands`. */
      readonly type: 'OpenInquiry';
      readonly kind: string;
      readonly subject: Readonly<Record<string, string>>;
      readonly timeout_ms: number;
    }
  | { readonly type: 'EndSession'; readonly reason: string };

/** A command as its sender wrote it. Its id is sent as Correlation-Id, so its events can be told from all others. */
export interface Command {
  readonly op: string;
  readonly session_id: string;
  /** One, sent to its own route, or several, sent to `…/commands`: all or none. */
  readonly items: readonly Item[];
  readonly key: string | null;
  readonly if_match: number | null;
  readonly epoch: number | null;
  readonly agent_id: string;
}

/** An api node's process: a node that was started again is another one. Incarnation 0: not known which. */
export interface Node {
  readonly name: string;
  readonly incarnation: number;
}

/** One attempt to execute a command. */
export interface CommandEntry extends Command {
  readonly kind: 'command';
  readonly process: string;
  readonly node: Node;
  /** Sent when all faults were over, to learn an outcome that was unknown. */
  readonly final: boolean;
  readonly start: number;
  readonly end: number;
  /** Null: no answer came. */
  readonly status: number | null;
  readonly answer: Answer | null;
}

/** The members of an answer that are checked. */
export interface Answer {
  readonly session_id?: string;
  readonly revision?: number;
  readonly events?: readonly {
    readonly event_id: string;
    readonly type: string;
    readonly revision: number;
  }[];
  /** Of a question to other systems: its inquiry. */
  readonly inquiry_id?: string;
  /** Of a problem: its code, the reason of a refusal, where the stream was. */
  readonly code?: string;
  readonly reason?: string;
  readonly current_revision?: number;
}

/** A read of a session's context. */
export interface ReadEntry {
  readonly kind: 'read';
  readonly process: string;
  readonly node: Node;
  readonly session_id: string;
  readonly min_revision: number | null;
  readonly start: number;
  readonly end: number;
  readonly status: number | null;
  readonly context: ContextDocument | null;
}

/** The members of a context that are checked. */
export interface ContextDocument {
  readonly partner_id: string;
  readonly revision: number;
  readonly session: Readonly<Record<string, unknown>>;
  readonly goal_state: unknown;
  readonly conversation_flags: Readonly<Record<string, unknown>>;
  readonly short_term_memory: Readonly<Record<string, unknown>>;
  readonly order_tracking: unknown;
  readonly orders: unknown;
  readonly external: unknown;
}

/** An agent instance's handler is done with an update; written before the update is acknowledged. */
export interface HandledEntry {
  readonly kind: 'handled';
  readonly instance: string;
  readonly session_id: string;
  readonly revision: number;
  readonly event_type: string;
  readonly start: number;
  readonly end: number;
}

/** An agent instance was started, or has ended. */
export interface AgentEntry {
  readonly kind: 'agent';
  readonly instance: string;
  readonly alive: boolean;
  readonly start: number;
}

/** A partner was erased. */
export interface ErasureEntry {
  readonly kind: 'erasure';
  readonly partner_id: string;
  readonly start: number;
  /** When the receipt was there; null: it was not waited for any longer. */
  readonly end: number | null;
  /** What the receipt says is left. */
  readonly left: number;
}

export interface FaultEntry {
  readonly kind: 'fault';
  readonly what: string;
  readonly start: number;
  readonly end: number;
}

/** What the stores hold when the run is over: stores.json. */
export interface Stores {
  readonly sessions: Readonly<Record<string, readonly StoredEvent[]>>;
  readonly partners: Readonly<Record<string, readonly StoredEvent[]>>;
  readonly session_rows: readonly SessionRow[];
  readonly turn_rows: readonly TurnRow[];
  /** The hash of each session's context in Redis. */
  readonly contexts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Sessions that a projector has set aside. */
  readonly set_aside: readonly string[];
  /** Erased partners who have a key. */
  readonly living_keys: readonly string[];
  /** The tables that have rows of erased partners, but those that say that they are erased and who read their data. */
  readonly erased_rows: readonly { readonly table: string; readonly partner_id: string }[];
}

export interface StoredEvent {
  readonly event_id: string;
  readonly type: string;
  readonly revision: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface SessionRow {
  readonly session_id: string;
  readonly partner_id: string;
  readonly start_time: string;
  readonly last_activity_time: string;
  readonly channel: string;
  readonly current_task: string | null;
  readonly language: string;
  readonly status: string;
  readonly revision: number;
}

export interface TurnRow {
  readonly session_id: string;
  readonly turn_id: string;
  readonly sender: string;
  readonly message_text: string;
  readonly parsed_intent: string | null;
  readonly response_text: string | null;
  readonly timestamp: string;
  readonly revision: number;
}

/** What the checker writes. */
export interface Verdict {
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

export interface Finding {
  /** Which rule is broken; stable, docs/consistency.md explains each. */
  readonly rule: string;
  readonly text: string;
}
