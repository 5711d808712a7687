import { createHash } from 'node:crypto';
import type { EventStore, ExactEvent, NewEvent } from '#sessions';
import { NotMovableError } from './errors.ts';

/** Limits of one append. */
const batch = { events: 256, bytes: 512 * 1_024 };

/**
 * Copies a stream up to a revision: the same bytes and ids at the same revisions. Existing events are not appended again;
 * another process copying at the same time appends the same.
 */
export async function copyStream(
  stream: string,
  upTo: number,
  from: EventStore,
  to: EventStore,
): Promise<void> {
  let next = Number((await to.readLast(stream))?.revision ?? -1) + 1;
  while (next <= upTo) {
    const events = await readBatch(from, stream, next, upTo);
    const outcome = await to.append(stream, events, next - 1);
    next = outcome.revision + 1;
  }
}

async function readBatch(store: EventStore, stream: string, from: number, upTo: number): Promise<NewEvent[]> {
  const events: NewEvent[] = [];
  let bytes = 0;
  const limit = Math.min(batch.events, upTo - from + 1);
  for await (const event of store.readExact(stream, {
    from,
    limit,
    stepBytes: batch.bytes,
    reaching: upTo,
  })) {
    if (Number(event.revision) !== from + events.length)
      throw new NotMovableError(`Events of ${stream} are missing: it cannot be copied.`);
    bytes += event.bytes.data.length + event.bytes.metadata.length;
    if (events.length > 0 && bytes > batch.bytes) break;
    events.push(copyOf(event));
  }
  if (events.length === 0)
    throw new NotMovableError(`Event ${from} of ${stream} is missing: it cannot be copied.`);
  return events;
}

export function copyOf({ id, type, isJson, bytes }: ExactEvent): NewEvent {
  const contentType = isJson ? 'application/json' : 'application/octet-stream';
  return { id, type, contentType, data: bytes.data, metadata: bytes.metadata };
}

/** A digest of a stream up to a revision: revisions, ids, types, and the bytes of data and metadata. */
export async function digestOf(store: EventStore, stream: string, upTo: number): Promise<string> {
  const sum = createHash('sha256');
  for await (const { revision, id, type, bytes } of store.readExact(stream, {
    limit: upTo + 1,
    reaching: upTo,
  })) {
    const { data, metadata } = bytes;
    sum.update(`${revision} ${id} ${type.length} ${type} ${data.length} ${metadata.length} `);
    sum.update(data).update(metadata);
  }
  return sum.digest('base64url');
}
