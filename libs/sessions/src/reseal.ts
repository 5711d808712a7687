import type { EventData } from '@eventstore/db-client';
import type { EventMetadata } from '#domain';
import { commandHashScheme } from '#domain';
import type { DataKey } from '#privacy';
import type { StoredEvent } from './client/page.ts';
import type { EventCodec } from './codec.ts';
import { keyedHash, keyedId } from './command-request.ts';
import { UnprojectableEventError } from './errors.ts';
import { isFields, metadataOf, sealedIn } from './event-metadata.ts';
import { partnerOf } from './partner-memory.ts';
import { needsKey } from './sealed-events.ts';

interface Content {
  readonly data: object;
  readonly metadata: EventMetadata;
}

/**
 * An event from before keys were configured, as it is stored with a key: in its current version, sealed, its command's ids keyed. An
 * event that is sealed, or has nothing to seal, stays unchanged; one that cannot be folded stays unfoldable.
 * @param keyOf returns the key, where one is needed
 * @throws as `keyOf`
 */
export async function reseal(
  codec: EventCodec,
  stored: StoredEvent,
  keyOf: () => Promise<DataKey>,
): Promise<EventData> {
  const { id: event_id, type, streamId: stream } = stored;
  if (sealedIn(stored)) {
    const { data, metadata } = stored as unknown as EventData;
    return { contentType: 'application/json', id: event_id, type, data, metadata } as EventData;
  }
  const { data, metadata } = await contentOf(codec, stored);
  const { command_id, $causationId } = metadata;
  if (!needsKey(type, { ...data }) && command_id === undefined && $causationId === undefined)
    return codec.encode({ event_id, type, data, metadata });
  const key = await keyOf();
  return codec.encode({ event_id, type, data, metadata: withKeyedIds(key, metadata) }, { stream, key });
}

async function contentOf(codec: EventCodec, stored: StoredEvent): Promise<Content> {
  const metadata = metadataOf(stored);
  try {
    if (partnerOf(stored.streamId) !== undefined) {
      const { data } = await codec.decodePartner(stored);
      return { data, metadata: { ...metadata, schema_version: codec.versionOf(stored.type) } };
    }
    const event = await codec.decode(stored);
    if (isFields(event.data)) return event;
  } catch (error) {
    if (!(error instanceof UnprojectableEventError)) throw error;
  }
  const { data } = stored as { data: unknown };
  if (isFields(data)) return { data, metadata };
  const raw = data instanceof Uint8Array ? Buffer.from(data).toString('base64') : JSON.stringify(data);
  return { data: { raw }, metadata: { ...metadata, schema_version: 0 } };
}

/** Hashes of the first scheme are more than a day old and dropped: repetitions of those requests are no longer sent. */
function withKeyedIds(key: DataKey, metadata: EventMetadata): EventMetadata {
  const { command_id, command_hash, command_aliases, ...more } = metadata;
  const cause = more.$causationId;
  const rest = cause === undefined ? more : { ...more, $causationId: keyedId(key, cause) };
  if (command_id === undefined || command_hash?.startsWith(commandHashScheme) !== true) return rest;
  const aliases = command_aliases?.map((id) => keyedId(key, id));
  return {
    ...rest,
    command_id: keyedId(key, command_id),
    command_hash: keyedHash(key, command_hash),
    ...(aliases && { command_aliases: aliases }),
  };
}
