/** An event of a session that someone other than the agent caused. */
export interface Update {
  /** UUID of the session. */
  readonly session_id: string;
  /** The event's position in the session's stream, from 0. */
  readonly revision: number;
  readonly event: {
    /** UUID of the event: derive the keys of your commands from it. */
    readonly event_id: string;
    /** For example `ExternalUpdateRecorded`, `InquiryClosed`, `TurnRecorded`, `HandoffAccepted`. */
    readonly type: string;
    readonly revision: number;
    readonly data: Readonly<Record<string, unknown>>;
    /** ISO 8601. */
    readonly occurred_at: string;
    /** Who caused it. */
    readonly actor: { readonly role: string; readonly id: string; readonly instance?: string };
    readonly correlation_id: string;
    /** The W3C trace context of the request that led to it, if there was one. */
    readonly traceparent?: string;
  };
}
