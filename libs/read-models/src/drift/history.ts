import type { RecordedEvent, Session } from '#domain';
import { newSession } from '#domain';
import type { EventStore } from '#sessions';
import { foldEvent, sessionStream, UnprojectableEventError } from '#sessions';

/** A session's stream, folded as far as that is possible. */
export interface History {
  readonly events: readonly RecordedEvent[];
  /** When the store wrote each of the events, in milliseconds. */
  readonly storedAt: readonly number[];
  /** The session at the revision that was asked for; undefined: the stream does not reach it. */
  readonly at: Session | undefined;
  /** Revision of the last event that was folded; -1: there is none. */
  readonly revision: number;
  /** Revision of the first event that cannot be folded; null: all can. */
  readonly failedAt: number | null;
  /** The first events are deleted: there is nothing to fold from. */
  readonly isTruncated: boolean;
  /** It has more events than may be read. */
  readonly isLong: boolean;
}

/** Reads a session's stream once; `revision`: that of the state which is wanted. @throws StoreUnavailableError */
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
    if (events.length === 0) isTruncated = Number(stored.revision) > 0;
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
