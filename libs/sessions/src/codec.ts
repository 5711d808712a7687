import type { EventData, JSONType, ResolvedEvent } from '@eventstore/db-client';
import type { EventMetadata, JsonObject, PartnerEvent, PartnerState, RecordedEvent } from '#domain';
import { isPartnerEventType, isSessionEventType } from '#domain';
import { isDeeperThan } from '#platform';
import type { UnprojectableReason } from './errors.ts';
import { UnprojectableEventError } from './errors.ts';
import type { EventFields, Upcasters } from './upcasters.ts';
import { currentVersion, upcast, upcasters } from './upcasters.ts';

/** An event as the event store's client reads it. */
export type StoredEvent = NonNullable<ResolvedEvent['event']>;

/** An event as recorded in its stream: of any type and version, its data as it was written. */
export interface RawEvent {
  readonly event_id: string;
  readonly type: string;
  readonly revision: number;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

/** Levels of lists and objects that the data of an event may have: code that works on them would overflow some time. */
export const deepestData = 500;
/** Ids of one command, at most: a script of Redis takes no more than some thousand values at once. */
const mostAliases = 2_000;

interface DecodedEvent {
  readonly data: EventFields;
  readonly metadata: EventMetadata;
}

/** Turns events into their stored form and back. Old versions become current ones here and nowhere else. */
export class EventCodec {
  constructor(private readonly steps: Upcasters = upcasters) {}

  /** The schema version that new events of a type carry. */
  versionOf(type: string): number {
    return currentVersion(this.steps, type);
  }

  /** The form in which an event is stored. */
  encode(event: { event_id: string; type: string; data: object; metadata: object }): EventData {
    return {
      contentType: 'application/json',
      id: event.event_id,
      type: event.type,
      data: event.data as JSONType,
      metadata: event.metadata as JSONType,
    };
  }

  /**
   * A stored event of a session, its data in the current version. One of an unknown type is passed on as it is.
   * @throws UnprojectableEventError
   */
  decode(stored: StoredEvent): RecordedEvent {
    try {
      return this.recorded(stored);
    } catch (error) {
      if (error instanceof UnprojectableEventError) throw error;
      throw unprojectable(stored, 'malformed_event', error);
    }
  }

  private recorded(stored: StoredEvent): RecordedEvent {
    const { data, metadata } = isSessionEventType(stored.type)
      ? this.current(stored)
      : { data: stored.data, metadata: metadataOf(stored) };
    const event = {
      type: stored.type,
      event_id: stored.id,
      revision: Number(stored.revision),
      data,
      metadata,
    };
    return event as RecordedEvent;
  }

  /**
   * A stored event of a partner's stream, its data in the current version.
   * @throws UnprojectableEventError
   */
  decodePartner(stored: StoredEvent): PartnerEvent {
    const { type } = stored;
    const { data } = this.current(stored);
    if (!isPartnerEventType(type) || !isPartner(type, data)) throw unprojectable(stored, 'malformed_event');
    return { type, data } as PartnerEvent;
  }

  private current(stored: StoredEvent): DecodedEvent {
    const { type, data } = stored;
    const metadata = metadataOf(stored);
    const { schema_version: version } = metadata;
    if (!isFields(data) || !isVersion(version) || isDeeperThan(data, deepestData))
      throw unprojectable(stored, 'malformed_event');
    const current = this.versionOf(type);
    if (version > current) throw unprojectable(stored, 'newer_schema_version');
    try {
      const upcasted = upcast(this.steps, type, version, data);
      return { data: upcasted, metadata: { ...metadata, schema_version: current } };
    } catch (error) {
      throw unprojectable(stored, 'malformed_event', error);
    }
  }
}

/** A stored event as it was written, of any type and version. */
export function rawEvent(stored: StoredEvent): RawEvent {
  return {
    event_id: stored.id,
    type: stored.type,
    revision: Number(stored.revision),
    data: stored.data as unknown as JsonObject,
    metadata: metadataOf(stored) as object as JsonObject,
  };
}

/** The metadata of an event. Where another program wrote an event without our metadata, defaults stand in for it. */
function metadataOf(stored: StoredEvent): EventMetadata {
  const written = stored.metadata;
  const defaults = {
    schema_version: 1,
    occurred_at: stored.created.toISOString(),
    actor: { role: 'system', id: 'unknown' },
    $correlationId: stored.id,
  } as const;
  if (written === undefined) return defaults;
  // Metadata that is no JSON object says nothing of the version either.
  if (!isFields(written)) return { ...defaults, schema_version: Number.NaN };
  const wrong = metadataChecks.filter(
    ([name, isRight]) => Object.hasOwn(written, name) && !isRight(written[name]),
  );
  if (wrong.length === 0) return { ...defaults, ...written };
  const names = new Set(wrong.map(([name]) => name));
  const right = Object.entries(written).filter(([name]) => !names.has(name));
  return { ...defaults, ...Object.fromEntries(right) };
}

/** What the fields of metadata are: others may have written there what they like. */
const metadataChecks: readonly [string, (value: unknown) => boolean][] = Object.entries({
  occurred_at: isText,
  actor: isActor,
  $correlationId: isText,
  $causationId: isText,
  traceparent: isText,
  command_id: isText,
  command_hash: isText,
  command_aliases: (value: unknown) =>
    Array.isArray(value) && value.length <= mostAliases && value.every(isText),
  command_event: Number.isSafeInteger,
  command_events: Number.isSafeInteger,
  agent_epoch: Number.isSafeInteger,
});

function unprojectable(
  { streamId, id, type, revision }: StoredEvent,
  reason: UnprojectableReason,
  cause?: unknown,
): UnprojectableEventError {
  return new UnprojectableEventError(
    { stream: streamId, revision: Number(revision), event_id: id, type, reason },
    { cause },
  );
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function isFields(value: unknown): value is EventFields {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

function isActor(value: unknown): value is EventMetadata['actor'] {
  return isFields(value) && typeof value['role'] === 'string' && typeof value['id'] === 'string';
}

function isPartner(type: string, data: object): boolean {
  if (type === 'PartnerErased') return isFields((data as Partial<PartnerState>).privacy);
  const { memory, sessions } = data as Partial<PartnerState>;
  if (!isFields(memory) || !Array.isArray(sessions)) return false;
  // The key of what it held was destroyed.
  if (Object.keys(memory).length === 0) return true;
  return isFields(memory['preferences']) && Array.isArray(memory['open_goals']);
}
