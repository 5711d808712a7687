/** An event: a fact. Its type is a stored name and never changes. */
export interface Event<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

/** Who caused an event: a caller, by its token's role and subject, or the system itself. */
export interface Actor {
  readonly role: 'agent' | 'analyst' | 'auditor' | 'admin' | 'service' | 'human' | 'system';
  readonly id: string;
  /** The agent instance; several may share a token. Absent in older events, where `id` is the instance. */
  readonly instance?: string;
}

/** The metadata of every event. */
export interface EventMetadata {
  readonly schema_version: number;
  /** ISO 8601. */
  readonly occurred_at: string;
  readonly actor: Actor;
  readonly $correlationId: string;
  readonly $causationId?: string;
  readonly traceparent?: string;
  /** The first id by which a repetition of the command is recognised; absent: repetitions are not recognised. */
  readonly command_id?: string;
  /** Distinguishes a repetition from another command with the same id. */
  readonly command_hash?: string;
  /** On a command's first event: its further ids. */
  readonly command_aliases?: readonly string[];
  /** The index of this event in its command, from 0, and the number of events; both absent: the only one. */
  readonly command_event?: number;
  readonly command_events?: number;
  /** On a command's first event: the sealed values of the command's tokens. */
  readonly tokens?: { readonly [token: string]: string };
  /** The epoch under which the sending agent instance owned the session. */
  readonly agent_epoch?: number;
  /** On events of a fork: the session that it was forked from. Such events are not published to other systems. */
  readonly forked_from?: string;
  /** On a session's first event: the cell that it started in. */
  readonly cell?: string;
  /** The fields of the data that are encrypted in the store, and the partner whose key encrypts them. */
  readonly sealed?: readonly string[];
  readonly partner_id?: string;
  /** The hash of the stream up to this event, base64url. Absent: an older version wrote the event. */
  readonly chain?: string;
}

/** The request that others continue: its correlation id and W3C trace context. */
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

/**
 * The class of a field of an event's data. `personal`: it describes a person, or may; `sensitive`: their money or their
 * location. Both are encrypted wherever they are stored. `plain`: ids, names given by programs, states, times.
 */
export type FieldClass = 'plain' | 'personal' | 'sensitive';

/** The class of every field of every event type. An undeclared field or type does not compile. */
export type FieldClasses<E extends Event> = {
  readonly [Type in E['type']]: {
    readonly [Field in keyof Extract<E, { readonly type: Type }>['data']]-?: FieldClass;
  };
};

/** Whether further events of the same command follow. Events of older versions do not say. */
export function isContinued({ command_event = 0, command_events = 1 }: EventMetadata): boolean {
  return command_event + 1 < command_events;
}
