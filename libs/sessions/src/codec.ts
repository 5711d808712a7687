import type { EventData, JSONType } from '@eventstore/db-client';
import type { EventMetadata, JsonObject, PartnerEvent, PartnerState, RecordedEvent } from '#domain';
import { evolvePartner, isPartnerEventType, isSessionEventType, newPartner } from '#domain';
import { inParallel, isDeeperThan } from '#platform';
import type { DataKey, DataKeys } from '#privacy';
import { BrokenSealError, erased, KeyStoreUnavailableError, UnknownKeyError } from '#privacy';
import type { StoredEvent } from './client/page.ts';
import type { UnprojectableReason } from './errors.ts';
import { UnprojectableEventError } from './errors.ts';
import { isFields, metadataOf, sealedIn } from './event-metadata.ts';
import { keyIdIn, needsKey, openData, partnerPrefix, sealData } from './sealed-events.ts';
import type { EventFields, Upcasters } from './upcasters.ts';
import { currentVersion, upcast, upcasters } from './upcasters.ts';

/** An event as recorded in its stream: of any type and version, its data as it was written. */
export interface RawEvent {
  readonly event_id: string;
  readonly type: string;
  readonly revision: number;
  /** When the store recorded it, by the store's clock (ISO 8601, UTC, to the millisecond). */
  readonly created: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

/** Levels of lists and objects allowed in the data of an event: recursive code would overflow the stack on deeper ones. */
export const deepestData = 500;
/** How many keys are fetched at a time ahead of the events that need them. */
const keysAtOnce = 8;

interface DecodedEvent {
  readonly data: EventFields;
  readonly metadata: EventMetadata;
}

/** The key that opens an event; undefined: it is not sealed. */
type Opener = DataKey | typeof erased | undefined;

/** The stream an event is appended to, and the key that seals it. */
interface Sealing {
  readonly stream: string;
  readonly key: DataKey | undefined;
}

/**
 * Turns events into their stored form and back. This is the only place that upcasts old versions, and that seals and opens
 * personal fields.
 */
export class EventCodec {
  /** @param keys without keys nothing is sealed, and nothing sealed can be read */
  constructor(
    private readonly steps: Upcasters = upcasters,
    private readonly keys?: DataKeys,
  ) {}

  /** Teaches the keys, from the last events of partners' streams, which partners have started again after an erasure. */
  follow(streams: { readLast(stream: string): Promise<StoredEvent | undefined> }): void {
    this.keys?.askBeginnings(async (partnerId) => {
      const last = await streams.readLast(`${partnerPrefix}${partnerId}`);
      return last && this.begunAfter(last);
    });
  }

  /** A partner whose last event cannot be read has not started again. */
  private async begunAfter(last: StoredEvent): Promise<string | undefined> {
    try {
      const { last_session_id, privacy } = evolvePartner(newPartner, await this.decodePartner(last));
      const hasBegun = last_session_id !== null && privacy?.erasure?.status !== 'requested';
      return hasBegun ? privacy?.receipt?.receipt_id : undefined;
    } catch (error) {
      if (error instanceof UnprojectableEventError) return undefined;
      throw error;
    }
  }

  /**
   * The key that seals a partner's new events; undefined: nothing is sealed. Synchronous when the key is in memory.
   * @throws PartnerErasedError, KeyStoreUnavailableError
   */
  keyOf(partnerId: string): DataKey | undefined | Promise<DataKey> {
    return this.keys && (this.keys.cachedOf(partnerId) ?? this.keys.of(partnerId));
  }

  /** Whether `keyOf` answers from memory. */
  hasKeyOf(partnerId: string): boolean {
    return this.keys === undefined || this.keys.cachedOf(partnerId) !== undefined;
  }

  /**
   * As `keyOf`, for a change of the partner, who may start again after the erasure with this receipt.
   * @throws PartnerErasedError, KeyStoreUnavailableError
   */
  async keyAfter(partnerId: string, receiptId: string | undefined): Promise<DataKey | undefined> {
    return this.keys?.of(partnerId, receiptId);
  }

  /** The schema version that new events of a type carry. */
  versionOf(type: string): number {
    return currentVersion(this.steps, type);
  }

  /** Encodes an event for storage. With keys configured, an event that needs one is never stored without. */
  encode(
    event: { event_id: string; type: string; data: object; metadata: object },
    sealing?: Sealing,
  ): EventData {
    const { event_id: id, type } = event;
    if (this.keys !== undefined && sealing?.key === undefined && needsKey(type, event.data as EventFields))
      throw new Error(`There is no key for event ${id} (${type}).`);
    const place = { stream: sealing?.stream ?? '', event_id: id };
    const { data, metadata } = sealing?.key
      ? sealData(sealing.key, place, type, event.data as EventFields, this.keys?.together ?? false)
      : { data: event.data, metadata: {} };
    return {
      contentType: 'application/json',
      id,
      type,
      data: data as JSONType,
      metadata: { ...event.metadata, ...metadata } as JSONType,
    };
  }

  /**
   * Decodes a stored event of a session, upcast to the current version. An unknown type is passed on unchanged. Synchronous
   * unless the event is sealed and its key is not in memory.
   * @throws UnprojectableEventError, KeyStoreUnavailableError
   */
  decode(stored: StoredEvent): RecordedEvent | Promise<RecordedEvent> {
    return this.withKey(stored, (key) => this.recorded(stored, key));
  }

  /** A stored event as it was written. An event that cannot be opened is shown as it is stored. @throws KeyStoreUnavailableError */
  async raw(stored: StoredEvent): Promise<RawEvent> {
    const event = rawEvent(stored);
    try {
      return await this.withKey(stored, (key) => ({ ...event, data: opened(stored, key) as JsonObject }));
    } catch (error) {
      if (error instanceof UnprojectableEventError) return event;
      throw error;
    }
  }

  /** Whether `decode` answers at once. */
  canDecode(stored: StoredEvent): boolean {
    if (this.keys === undefined) return true;
    try {
      const id = keyIdOfStored(stored);
      return id === undefined || this.keys.cached(id) !== undefined;
    } catch {
      return true;
    }
  }

  /** Loads the keys of some events into memory. Never rejects: decoding asks for them again. */
  async prefetch(events: readonly StoredEvent[]): Promise<void> {
    const { keys } = this;
    if (keys === undefined) return;
    const missing = new Set<string>();
    for (const event of events) {
      const id = keyIdOfStored(event);
      if (id !== undefined && keys.cached(id) === undefined) missing.add(id);
    }
    if (missing.size < 2) return;
    await inParallel(missing, keysAtOnce, async (id) => void (await keys.byId(id).catch(() => undefined)));
  }

  /** Decodes with the key that sealed the event. */
  private withKey<T>(stored: StoredEvent, decode: (key: Opener) => T): T | Promise<T> {
    try {
      const id = keyIdOfStored(stored);
      if (id === undefined) return decode(undefined);
      if (this.keys === undefined) throw new UnknownKeyError(id);
      const cached = this.keys.cached(id);
      if (cached !== undefined) return decode(cached);
      return this.keys
        .byId(id)
        .then(decode)
        .catch((error: unknown) => fail(stored, error));
    } catch (error) {
      return fail(stored, error);
    }
  }

  private recorded(stored: StoredEvent, key: Opener): RecordedEvent {
    const { data, metadata } = isSessionEventType(stored.type)
      ? this.current(stored, key)
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
   * Decodes a stored event of a partner's stream, upcast to the current version.
   * @throws UnprojectableEventError, KeyStoreUnavailableError
   */
  decodePartner(stored: StoredEvent): PartnerEvent | Promise<PartnerEvent> {
    return this.withKey(stored, (key) => this.partner(stored, key));
  }

  private partner(stored: StoredEvent, key: Opener): PartnerEvent {
    const { type } = stored;
    const decoded = this.current(stored, key).data;
    const { memory, sessions } = newPartner;
    const data = key === erased ? { ...decoded, memory, sessions } : decoded;
    if (!isPartnerEventType(type) || !isPartner(type, data)) throw unprojectable(stored, 'malformed_event');
    return { type, data } as PartnerEvent;
  }

  private current(stored: StoredEvent, key: Opener): DecodedEvent {
    const { type } = stored;
    const data: unknown = opened(stored, key);
    const metadata = metadataOf(stored);
    const { schema_version: version } = metadata;
    if (!isFields(data) || !isVersion(version) || isDeeperThan(data, deepestData))
      throw unprojectable(stored, 'malformed_event');
    const current = this.versionOf(type);
    if (version > current) throw unprojectable(stored, 'newer_schema_version');
    try {
      const upcasted = upcast(this.steps, type, version, data);
      const isCurrent = version === current;
      return { data: upcasted, metadata: isCurrent ? metadata : { ...metadata, schema_version: current } };
    } catch (error) {
      throw unprojectable(stored, 'malformed_event', error);
    }
  }
}

/** The data of a stored event with its sealed fields opened. @throws BrokenSealError */
function opened(stored: StoredEvent, key: Opener): unknown {
  const { streamId: stream, id: event_id, data } = stored;
  const sealed = sealedIn(stored);
  return key === undefined || sealed === undefined || !isFields(data)
    ? data
    : openData(key, { stream, event_id }, data, sealed);
}

/** The key that sealed a stored event; undefined: it is plain. @throws BrokenSealError */
function keyIdOfStored(stored: StoredEvent): string | undefined {
  const sealed = sealedIn(stored);
  if (sealed === undefined) return undefined;
  const { streamId: stream, id: event_id, data } = stored;
  return keyIdIn({ stream, event_id }, isFields(data) ? data : {}, sealed);
}

/** An unavailable key store does not make the event faulty. */
function fail(stored: StoredEvent, error: unknown): never {
  if (error instanceof UnprojectableEventError || error instanceof KeyStoreUnavailableError) throw error;
  const isSealBroken = error instanceof BrokenSealError;
  const reason = isSealBroken ? 'broken_seal' : error instanceof UnknownKeyError ? 'unknown_key' : undefined;
  throw unprojectable(stored, reason ?? 'malformed_event', error);
}

/** A stored event as it was written, of any type and version. */
export function rawEvent(stored: StoredEvent): RawEvent {
  return {
    event_id: stored.id,
    type: stored.type,
    revision: Number(stored.revision),
    created: stored.created.toISOString(),
    data: stored.data as unknown as JsonObject,
    metadata: metadataOf(stored) as object as JsonObject,
  };
}

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

function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function isPartner(type: string, data: object): boolean {
  if (type === 'PartnerErased') return isFields((data as Partial<PartnerState>).privacy);
  const { memory, sessions } = data as Partial<PartnerState>;
  if (!isFields(memory) || !Array.isArray(sessions)) return false;
  return isFields(memory['preferences']) && Array.isArray(memory['open_goals']);
}
