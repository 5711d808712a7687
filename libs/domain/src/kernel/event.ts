/** An event: what has happened. Its type is a stored name and never changes. */
export interface Event<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

export interface Actor {
  readonly role: 'agent' | 'human' | 'system';
  readonly id: string;
}

/** The metadata of every event. `command_id` and `command_hash` make a repeated command recognisable. */
export interface EventMetadata {
  readonly schema_version: number;
  /** ISO 8601. */
  readonly occurred_at: string;
  readonly actor: Actor;
  readonly $correlationId: string;
  readonly $causationId?: string;
  readonly traceparent?: string;
  readonly command_id?: string;
  readonly command_hash?: string;
  /** The epoch under which the agent instance that sent the command owned the session. */
  readonly agent_epoch?: number;
}

/** The request that others continue: what its correlation id and W3C trace context were. */
export interface Origin {
  readonly correlation_id: string;
  readonly traceparent: string | null;
}

/** An event as recorded in its stream. */
export type RecordedEvent<E extends Event> = E & {
  readonly event_id: string;
  readonly revision: number;
  readonly metadata: EventMetadata;
};

/** Declares which fields of an event's data are personal, by event type. Every type has an entry. */
export type PersonalFields<E extends Event> = { readonly [Type in E['type']]: readonly string[] };
