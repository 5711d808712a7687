import type { RecordedEvent, Session } from '#domain';
import { newSession } from '#domain';
import type { EventStore } from '#sessions';
import { foldEvent, sessionStream, startTypes, UnprojectableEventError } from '#sessions';

/** A session's stream, folded as far as possible. */
export interface History {
  readonly events: readonly RecordedEvent[];
  /** When the store recorded each event, in milliseconds. */
  readonly storedAt: readonly number[];
  /** The session at the requested revision; undefined: the stream does not reach it. */
  readonly at: Session | undefined;
  /** Revision of the last folded event; -1: none. */
  readonly revision: number;
  /** Revision of the first event that cannot be folded; null: none. */
  readonly failedAt: number | null;
  /** The first events are deleted, so nothing can be folded. */
  readonly isTruncated: boolean;
  /** It has more events than the limit. */
  readonly isLong: boolean;
}

/** Reads a session's stream once; `revision`: that of the requested state. @throws StoreUnavailableError */
export async function foldHistory(
  store: EventStore,
  sessionId: string,
  revision: number,
  mostEvents: number,
): Promise<History> {
  const events: RecordedEvent[] = [];
  const storedAt: number[] = [];
  let session = newSession(sessionId);
  let at: Session | undefined;
  let failedAt: number | null = null;
  let isTruncated = false;
  for await (const stored of store.read(sessionStream(sessionId), { limit: mostEvents + 1 })) {
    if (events.length === 0) isTruncated = Number(stored.revision) > 0 && !startTypes.includes(stored.type);
    try {
      const event = await store.codec.decode(stored);
      if (!isTruncated) session = foldEvent(session, event);
      events.push(event);
      storedAt.push(stored.created.getTime());
    } catch (error) {
      if (!(error instanceof UnprojectableEventError)) throw error;
      failedAt = Number(stored.revision);
      break;
    }
    if (session.revision === revision) at = session;
  }
  const isLong = events.length > mostEvents;
  const last = events.at(-1)?.revision ?? -1;
  return { events, storedAt, at, revision: last, failedAt, isTruncated, isLong };
}
