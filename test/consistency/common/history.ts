/**
 * The records of a run: the lines of history.jsonl. Times are milliseconds of the machine's monotonic clock, which
 * all its processes share.
 */
export type Entry = CommandEntry | ReadEntry | HandledEntry | AgentEntry | ErasureEntry | FaultEntry;

/** A single command, as an item of `…/commands`. */
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
      /** Always sent alone: it is not an item of `…/commands`. */
      readonly type: 'OpenInquiry';
      readonly kind: string;
      readonly subject: Readonly<Record<string, string>>;
      readonly timeout_ms: number;
    }
  | { readonly type: 'EndSession'; readonly reason: string };

/** A command as sent. Its id is sent as Correlation-Id, which identifies its events. */
export interface Command {
  readonly op: string;
  readonly session_id: string;
  /** One item, sent to its own route, or several, sent to `…/commands`: all or none takes effect. */
  readonly items: readonly Item[];
  readonly key: string | null;
  readonly if_match: number | null;
  readonly epoch: number | null;
  readonly agent_id: string;
}

/** A process of an api node: a restarted node is another one. Incarnation 0: unknown. */
export interface Node {
  readonly name: string;
  readonly incarnation: number;
}

/** One attempt to execute a command. */
export interface CommandEntry extends Command {
  readonly kind: 'command';
  readonly process: string;
  readonly node: Node;
  /** Sent after all faults, to learn an unknown outcome. */
  readonly final: boolean;
  readonly start: number;
  readonly end: number;
  /** Null: there was no answer. */
  readonly status: number | null;
  readonly answer: Answer | null;
}

/** The checked members of an answer. */
export interface Answer {
  readonly session_id?: string;
  readonly revision?: number;
  readonly events?: readonly {
    readonly event_id: string;
    readonly type: string;
    readonly revision: number;
  }[];
  /** For an inquiry: its id. */
  readonly inquiry_id?: string;
  /** For a problem: its code, the reason of a refusal, the revision of the stream. */
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

/** The checked members of a context. */
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

/** An agent instance's handler has finished an update; written before the update is acknowledged. */
export interface HandledEntry {
  readonly kind: 'handled';
  readonly instance: string;
  readonly session_id: string;
  readonly revision: number;
  readonly event_type: string;
  readonly start: number;
  readonly end: number;
}

/** An agent instance has started or ended. */
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
  /** When the receipt was seen; null: it was not seen within the limit. */
  readonly end: number | null;
  /** The remains that the receipt reports. */
  readonly left: number;
}

export interface FaultEntry {
  readonly kind: 'fault';
  readonly what: string;
  readonly start: number;
  readonly end: number;
}

/** The contents of the stores at the end of the run: stores.json. */
export interface Stores {
  readonly sessions: Readonly<Record<string, readonly StoredEvent[]>>;
  readonly partners: Readonly<Record<string, readonly StoredEvent[]>>;
  readonly session_rows: readonly SessionRow[];
  readonly turn_rows: readonly TurnRow[];
  /** The hash of each session's context in Redis. */
  readonly contexts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Sessions that a projector has set aside. */
  readonly set_aside: readonly string[];
  /** Erased partners with a key. */
  readonly living_keys: readonly string[];
  /** The tables with rows of erased partners, except the tables of erasures and of access records. */
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

/** The output of the checker. */
export interface Verdict {
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

export interface Finding {
  /** The broken rule; a stable name that docs/consistency.md explains. */
  readonly rule: string;
  readonly text: string;
}
