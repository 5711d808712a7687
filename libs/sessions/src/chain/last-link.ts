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
  const isKnown = revision >= 0 && chain !== undefined;
  return isKnown ? chain : lastLinkOf(store, sessionStream(session_id), revision);
}

/**
 * What the event behind a revision of a stream goes on from. Where that event is not there, the stream is at another revision, and what
 * is appended is refused. @throws StoreUnavailableError
 */
export async function lastLinkOf(store: EventStore, stream: string, revision: number): Promise<string> {
  if (revision < 0) return seedOf(stream);
  const [last] = await Array.fromAsync(store.readExact(stream, { from: revision, limit: 1 }));
  return last === undefined ? seedOf(stream) : linkAfter(stream, bytesOf(last));
}
