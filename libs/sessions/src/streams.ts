import type { RecordedEvent, Session } from '#domain';
import { evolveSession, newSession } from '#domain';
import { Slices } from '#platform';
import type { StoredEvent } from './client/page.ts';
import type { RawEvent } from './codec.ts';
import { UnprojectableEventError } from './errors.ts';
import type { EventStore, ReadOptions } from './store.ts';

const prefix = 'session-';
/** Longer names are not session names: no table and no address accepts them. */
const longestId = 256;

export function sessionStream(sessionId: string): string {
  return `${prefix}${sessionId}`;
}

/** The session of a stream; undefined: none. */
export function sessionOf(stream: string): string | undefined {
  return stream.startsWith(prefix) && stream.length <= prefix.length + longestId
    ? stream.slice(prefix.length)
    : undefined;
}

/** Whether the name of a session's stream starts with one of the prefixes. */
export function streamMatches(sessionId: string, prefixes: readonly string[]): boolean {
  const stream = sessionStream(sessionId);
  return prefixes.some((prefix) => stream.startsWith(prefix));
}

/**
 * The events of a session from a revision on, oldest first; none when there is no such session. Yields to other work of the
 * process in between, however many events there are.
 * @throws UnprojectableEventError, StoreUnavailableError
 */
export async function* readEvents(
  store: EventStore,
  sessionId: string,
  options: ReadOptions = {},
): AsyncGenerator<RecordedEvent> {
  const slices = new Slices();
  for await (const stored of store.read(sessionStream(sessionId), options)) {
    yield store.codec.decode(stored);
    await slices.next();
  }
}

/** An event as `readEvents` gives it, or, if it cannot be decoded, as it was written, with the error. */
export type ReadableEvent =
  | { readonly event: RecordedEvent; readonly error?: undefined }
  | { readonly event: RawEvent; readonly error: UnprojectableEventError };

/**
 * As `readEvents`, but events that cannot be decoded are included, for archives, which lack nothing because of one event.
 * @throws StoreUnavailableError, KeyStoreUnavailableError
 */
export async function* readEachEvent(store: EventStore, sessionId: string): AsyncGenerator<ReadableEvent> {
  const slices = new Slices();
  for await (const stored of store.read(sessionStream(sessionId))) {
    yield await decodedOrRaw(store, stored);
    await slices.next();
  }
}

async function decodedOrRaw({ codec }: EventStore, stored: StoredEvent): Promise<ReadableEvent> {
  try {
    return { event: await codec.decode(stored) };
  } catch (error) {
    if (!(error instanceof UnprojectableEventError)) throw error;
    return { event: await codec.raw(stored), error };
  }
}

/** As `readEvents`, but each event as it was written: for replays, which also show events that cannot be folded. */
export async function* readRawEvents(
  store: EventStore,
  sessionId: string,
  options: ReadOptions = {},
): AsyncGenerator<RawEvent> {
  for await (const stored of store.read(sessionStream(sessionId), options)) yield store.codec.raw(stored);
}

/**
 * The session after one more event of its stream.
 * @throws UnprojectableEventError when the event's data does not match its type
 */
export function foldEvent(session: Session, event: RecordedEvent): Session {
  return applyEvent(session.session_id, session, event, evolveSession);
}

/**
 * Folds a session's events from a revision on into any state; `reaching`: a revision that the stream has reached.
 * @throws UnprojectableEventError, StoreUnavailableError
 */
export async function foldEvents<State>(
  store: EventStore,
  sessionId: string,
  initial: State,
  evolve: (state: State, event: RecordedEvent) => State,
  from = 0,
  reaching = -1,
): Promise<State> {
  let state = initial;
  for await (const event of readEvents(store, sessionId, { from, reaching })) {
    state = applyEvent(sessionId, state, event, evolve);
  }
  return state;
}

/**
 * Folds what came after a session's revision; `reaching`: a revision that the stream has reached. A session that is
 * ahead of its stream (the store was restored to an earlier state, or the stream deleted) is folded again from the start;
 * its revision is then lower.
 * @throws UnprojectableEventError, StoreUnavailableError
 */
export async function foldStream(store: EventStore, session: Session, reaching?: number): Promise<Session> {
  const { session_id, revision } = session;
  if (revision < 0) return foldEvents(store, session_id, session, evolveSession, 0, reaching);
  let isThere = false;
  const evolve = (state: Session, event: RecordedEvent): Session => {
    isThere ||= event.revision === revision;
    return evolveSession(state, event);
  };
  // The event at the session's own revision must exist; it changes nothing.
  const latest = await foldEvents(store, session_id, session, evolve, revision, reaching);
  return isThere ? latest : foldStream(store, newSession(session_id), reaching);
}

/**
 * Folds a whole stream; undefined when there is no such session.
 * @throws UnprojectableEventError, StoreUnavailableError
 */
export async function readSession(store: EventStore, sessionId: string): Promise<Session | undefined> {
  const session = await foldStream(store, newSession(sessionId));
  return session.revision < 0 ? undefined : session;
}

/** Folds an event into any state. @throws UnprojectableEventError when its data does not match its type */
export function applyEvent<State>(
  sessionId: string,
  state: State,
  event: RecordedEvent,
  evolve: (state: State, event: RecordedEvent) => State,
): State {
  try {
    return evolve(state, event);
  } catch (cause) {
    const { revision, event_id, type } = event;
    const stream = sessionStream(sessionId);
    throw new UnprojectableEventError(
      { stream, revision, event_id, type, reason: 'malformed_event' },
      { cause },
    );
  }
}
