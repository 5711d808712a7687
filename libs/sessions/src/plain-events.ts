import { personalFields } from '#domain';
import type { StoredEvent } from './codec.ts';
import type { EventStore } from './store.ts';
import { sessionStream } from './streams.ts';

/** How many events of a session hold a personal field that is not sealed. */
export async function countPlainEvents(store: EventStore, sessionId: string): Promise<number> {
  let count = 0;
  for await (const stored of store.read(sessionStream(sessionId))) if (isPlain(stored)) count += 1;
  return count;
}

/** An event of an unknown type may hold anything. */
function isPlain({ type, data, metadata }: StoredEvent): boolean {
  const fields = (personalFields as { readonly [type: string]: readonly string[] | undefined })[type];
  const { sealed } = (metadata ?? {}) as { readonly sealed?: unknown };
  if (fields === undefined) return sealed === undefined;
  const values = data as { readonly [field: string]: unknown } | undefined;
  return fields.some((field) => {
    const value = values?.[field] ?? null;
    return value !== null && !(Array.isArray(sealed) && sealed.includes(field));
  });
}
