import type { Session } from '#domain';
import type { EventStore } from '../store.ts';
import { sessionStream } from '../streams.ts';
import { bytesOf } from './bytes.ts';
import { linkAfter, seedOf } from './link.ts';

/**
 * The link that the next event of a session continues from. When the session does not hold it, since an older version wrote the last
 * event or the snapshot, only the last event is read.
 */
export function lastLink(
  store: EventStore,
  { session_id, revision, chain }: Session,
): string | Promise<string> {
  const isKnown = revision >= 0 && chain !== undefined;
  return isKnown ? chain : lastLinkOf(store, sessionStream(session_id), revision);
}

/**
 * The link after a revision of a stream. When the event at that revision is missing, the stream is at another revision, and the append
 * is refused. @throws StoreUnavailableError
 */
export async function lastLinkOf(store: EventStore, stream: string, revision: number): Promise<string> {
  if (revision < 0) return seedOf(stream);
  const [last] = await Array.fromAsync(store.readExact(stream, { from: revision, limit: 1 }));
  return last === undefined ? seedOf(stream) : linkAfter(stream, bytesOf(last));
}
