/** An event: what has happened. Its type is a stored name and never changes. */
export interface Event<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

/** Who caused an event: a caller by the role and the subject of its token, or the system itself. */
export interface Actor {
  readonly role: 'agent' | 'analyst' | 'auditor' | 'admin' | 'service' | 'human' | 'system';
  readonly id: string;
  /** The agent instance, of which several may share a token. Absent in older events: there `id` is the instance. */
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
  /** The first id under which a repetition of the event's command is recognised; without it none is. */
  readonly command_id?: string;
  /** Distinguishes a repetition from another command under the same id. */
  readonly command_hash?: string;
  /** On a command's first event: its further ids. */
  readonly command_aliases?: readonly string[];
  /** Which of its command's events this one is, from 0, and how many there are; both absent: the only one. */
  readonly command_event?: number;
  readonly command_events?: number;
  /** On a command's first event: the values, sealed, that tokens of the command stand for. */
  readonly tokens?: { readonly [token: string]: string };
  /** The epoch under which the agent instance that sent the command owned the session. */
  readonly agent_epoch?: number;
  /** The event is one of a fork: the session that it was forked from. Nobody outside is told of it. */
  readonly forked_from?: string;
  /** On a session's first event: the cell that it began in. */
  readonly cell?: string;
  /** The fields of the data that are encrypted where the event is stored, and whose key they have. */
  readonly sealed?: readonly string[];
  readonly partner_id?: string;
  /** The hash of the stream up to this event, base64url. Absent: an older version wrote the event. */
  readonly chain?: string;
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

/**
 * What a field of an event's data is. `personal`: it says something of a person, or may; `sensitive`: of their money or where
 * they are. Both are encrypted wherever they are stored. `plain`: ids, names that programs give, states, times.
 */
export type FieldClass = 'plain' | 'personal' | 'sensitive';

/** The class of every field of every event type. A field or a type that is not declared does not compile. */
export type FieldClasses<E extends Event> = {
  readonly [Type in E['type']]: {
    readonly [Field in keyof Extract<E, { readonly type: Type }>['data']]-?: FieldClass;
  };
};

/** Whether further events of the same command follow. Those of older versions do not say. */
export function isContinued({ command_event = 0, command_events = 1 }: EventMetadata): boolean {
  return command_event + 1 < command_events;
}
