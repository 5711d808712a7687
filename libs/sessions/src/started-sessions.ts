import type { EventStore } from './store.ts';
import { subscribeToSessions } from './subscription.ts';

/** The types of events that start a session: at revision 0, or later if it was only named or deleted before. */
export const startTypes: readonly string[] = ['SessionStarted', 'SessionForked'];

/**
 * The ids of the sessions whose start is in the store, including forks, in log order, up to the present end of the log. An event that
 * cannot be folded also starts a session, and a deleted event may be returned until the store removes it: a session
 * that started again is then returned twice.
 * @throws StoreUnavailableError
 */
export async function* startedSessions(store: EventStore): AsyncGenerator<string, void, undefined> {
  const done = new AbortController();
  try {
    for await (const delivery of subscribeToSessions(store, {
      types: startTypes,
      after: 'start',
      signal: done.signal,
    })) {
      if (delivery.kind === 'caught_up') return;
      if (delivery.kind === 'event' || delivery.kind === 'unprojectable') yield delivery.session_id;
    }
  } finally {
    done.abort();
  }
}
