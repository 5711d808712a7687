import type { RecordedEvent, Session } from '#domain';
import { evolveSession, newSession } from '#domain';
import { decode } from './codec.ts';
import type { EventStore } from './store.ts';

export function sessionStream(sessionId: string): string {
  return `session-${sessionId}`;
}

/** The events of a session from a revision on, oldest first; nothing when there is no such session. */
export async function* readEvents(
  store: EventStore,
  sessionId: string,
  { from = 0, limit }: { from?: number; limit?: number } = {},
): AsyncGenerator<RecordedEvent> {
  for await (const stored of store.read(sessionStream(sessionId), from, limit)) yield decode(stored);
}

/** Folds what came after a session's revision. */
export async function foldStream(store: EventStore, session: Session): Promise<Session> {
  let now = session;
  for await (const event of readEvents(store, session.session_id, { from: session.revision + 1 })) {
    now = evolveSession(now, event);
  }
  return now;
}

/** Folds a whole stream; undefined when there is no such session. */
export async function readSession(store: EventStore, sessionId: string): Promise<Session | undefined> {
  const session = await foldStream(store, newSession(sessionId));
  return session.revision < 0 ? undefined : session;
}
