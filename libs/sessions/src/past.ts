import type { RecordedEvent } from '#domain';
import { Slices } from '#platform';
import type { EventStore } from './store.ts';
import { applyEvent, sessionStream } from './streams.ts';

/** A point in a session's past: a revision, or the last one stored by a time. */
export type PastPoint = { readonly revision: number } | { readonly at: Date };

/** Why a session has no such past. */
type MissingPast =
  | { readonly code: 'no_session' }
  /** The stream was deleted, by the retention or an erasure. */
  | { readonly code: 'deleted' }
  /** Its first events were deleted, so nothing after them can be folded. */
  | { readonly code: 'truncated'; readonly first_revision: number }
  /** The session began after the time. */
  | { readonly code: 'not_begun'; readonly began_at: string }
  /** The session has not reached the revision. */
  | { readonly code: 'not_reached'; readonly expected: number; readonly current: number };

/** Thrown when a session was never at a point, or its state there can no longer be reconstructed. */
export class NoSuchPastError extends Error {
  override readonly name = 'NoSuchPastError';

  constructor(readonly missing: MissingPast) {
    super(`There is no such past: ${missing.code}.`);
  }

  get code(): MissingPast['code'] {
    return this.missing.code;
  }
}

/**
 * The events of a session from a revision up to a point, oldest first and complete. By time, it ends at the first event
 * that was stored later: if the store's clock went back, events after that one are left out too.
 * @throws NoSuchPastError, UnprojectableEventError, StoreUnavailableError, KeyStoreUnavailableError
 */
async function* readPast(
  store: EventStore,
  sessionId: string,
  point: PastPoint,
  from: number,
): AsyncGenerator<RecordedEvent> {
  const stream = sessionStream(sessionId);
  const limit = 'revision' in point ? point.revision + 1 - from : Infinity;
  const slices = new Slices();
  let current = from - 1;
  for await (const stored of store.read(stream, { from, limit })) {
    const revision = Number(stored.revision);
    if (revision !== current + 1) throw new NoSuchPastError({ code: 'truncated', first_revision: revision });
    if ('at' in point && stored.created > point.at) {
      if (current >= 0 || from > 0) return;
      throw new NoSuchPastError({ code: 'not_begun', began_at: stored.created.toISOString() });
    }
    current = revision;
    yield store.codec.decode(stored);
    await slices.next();
  }
  if (current < 0)
    throw new NoSuchPastError({ code: (await store.wasDeleted(stream)) ? 'deleted' : 'no_session' });
  if ('revision' in point && current < point.revision)
    throw new NoSuchPastError({ code: 'not_reached', expected: point.revision, current });
}

/**
 * Folds exactly what a session's stream had at a point; only the event that ends it is read beyond. `from`: the
 * revision to start at, if the state before it is already folded.
 * @throws NoSuchPastError, UnprojectableEventError, StoreUnavailableError, KeyStoreUnavailableError
 */
export async function foldPast<State>(
  store: EventStore,
  sessionId: string,
  point: PastPoint,
  initial: State,
  evolve: (state: State, event: RecordedEvent) => State,
  from = 0,
): Promise<State> {
  let state = initial;
  for await (const event of readPast(store, sessionId, point, from)) {
    state = applyEvent(sessionId, state, event, evolve);
  }
  return state;
}
