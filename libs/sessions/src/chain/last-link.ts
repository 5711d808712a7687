import type { Session } from '#domain';
import type { EventStore } from '../store.ts';
import { sessionStream } from '../streams.ts';
import { bytesOf } from './bytes.ts';
import { linkAfter, seedOf } from './link.ts';

/**
 * What the next event of a session goes on from. Where the session does not say, since an older version has written the last event or
 * the snapshot of the session, the last event is read, and no other.
 */
export function lastLink(
  store: EventStore,
  { session_id, revision, chain }: Session,
): string | Promise<string> {
  const stream = sessionStream(session_id);
  if (revision < 0) return seedOf(stream);
  return chain ?? readLink(store, stream, revision);
}

/** Where the event is not there, the stream is at another revision, and what is appended is refused. */
async function readLink(store: EventStore, stream: string, from: number): Promise<string> {
  const [last] = await Array.fromAsync(store.readExact(stream, { from, limit: 1 }));
  return last === undefined ? seedOf(stream) : linkAfter(stream, bytesOf(last));
}
