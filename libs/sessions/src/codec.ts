import type { EventData, JSONType, ResolvedEvent } from '@eventstore/db-client';
import type { EventMetadata, PartnerMemory, RecordedEvent, SessionEvent } from '#domain';

/** The schema version that new events carry. */
export const schemaVersion = 1;

type Data = Record<string, unknown>;
type Upcasters = Readonly<Record<string, readonly ((data: Data) => Data)[]>>;

/** How older events become current ones: for a type, the step from version n to n + 1 stands at index n - 1. */
const upcasters: Upcasters = {};

/** Brings an event's data from the version it was written in to the current one. */
export function upcast(type: string, version: number, data: Data, steps: Upcasters = upcasters): Data {
  return (steps[type] ?? []).slice(version - 1).reduce((older, step) => step(older), data);
}

/** The form in which an event is stored. This file alone turns plain data into stored data and back. */
export function encode(event: { event_id: string; type: string; data: object; metadata: object }): EventData {
  return {
    contentType: 'application/json',
    id: event.event_id,
    type: event.type,
    data: event.data as JSONType,
    metadata: event.metadata as JSONType,
  };
}

/** A stored event as the domain knows it. One that another program wrote, without our metadata, gets its defaults. */
export function decode(stored: NonNullable<ResolvedEvent['event']>): RecordedEvent {
  const metadata: EventMetadata = {
    ...foreign(stored),
    ...(stored.metadata as Partial<EventMetadata> | undefined),
  };
  const data = upcast(stored.type, metadata.schema_version, stored.data as Data);
  const event = { type: stored.type, data } as SessionEvent;
  return { ...event, event_id: stored.id, revision: Number(stored.revision), metadata };
}

function foreign(stored: NonNullable<ResolvedEvent['event']>): EventMetadata {
  const occurred_at = stored.created.toISOString();
  return {
    schema_version: 1,
    occurred_at,
    actor: { role: 'system', id: 'unknown' },
    $correlationId: stored.id,
  };
}

/** The memory in a stored PartnerRemembered event. */
export function decodeMemory(stored: NonNullable<ResolvedEvent['event']>): PartnerMemory {
  const { session_id, start_time, language, preferences, open_goals } =
    stored.data as unknown as PartnerMemory;
  return { session_id, start_time, language, preferences, open_goals };
}
