import type { SealedFields } from './sealed-events.ts';
import { hasPlainField } from './sealed-events.ts';
import type { EventStore } from './store.ts';
import { sessionStream } from './streams.ts';

/** How many events of a session hold unsealed personal data. */
export async function countPlainEvents(store: EventStore, sessionId: string): Promise<number> {
  let count = 0;
  for await (const { type, data, metadata } of store.read(sessionStream(sessionId)))
    if (hasPlainField(type, data as object as Record<string, unknown>, (metadata ?? {}) as SealedFields))
      count += 1;
  return count;
}
