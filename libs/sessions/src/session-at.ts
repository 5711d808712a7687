import type { Session } from '#domain';
import { newSession } from '#domain';
import type { EventStore } from './store.ts';
import { foldEvent, readEvents } from './streams.ts';

/**
 * A session as of one of its revisions, by the events up to it; one that the stream has not reached yet: as of its end.
 * Revision -1: there is no such session, or none of its events so early is left.
 * @throws UnprojectableEventError, StoreUnavailableError, KeyStoreUnavailableError
 */
export async function readSessionAt(
  store: EventStore,
  sessionId: string,
  revision: number,
): Promise<Session> {
  let session = newSession(sessionId);
  for await (const event of readEvents(store, sessionId, { limit: revision + 1 })) {
    if (event.revision > revision) break;
    session = foldEvent(session, event);
  }
  return session;
}
