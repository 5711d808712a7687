import type { Delivery } from './delivery.ts';
import type { EventStore } from './store.ts';
import { subscribeToSessions } from './subscription.ts';

const types = ['SessionStarted', 'SessionForked'];

/**
 * The ids of the sessions that the store has the first event of, forks too, in its order, up to where its log ends. An event
 * that cannot be folded begins a session as well, and one that was deleted may be there until the store removes it.
 * @throws StoreUnavailableError
 */
export async function* startedSessions(store: EventStore): AsyncGenerator<string, void, undefined> {
  const done = new AbortController();
  try {
    for await (const delivery of subscribeToSessions(store, { types, after: 'start', signal: done.signal })) {
      if (delivery.kind === 'caught_up') return;
      const started = startedBy(delivery);
      if (started !== undefined) yield started;
    }
  } finally {
    done.abort();
  }
}

/** The session whose first event it is. */
function startedBy(delivery: Delivery): string | undefined {
  if (delivery.kind === 'unprojectable') return delivery.revision === 0 ? delivery.session_id : undefined;
  return delivery.kind === 'event' && delivery.event.revision === 0 ? delivery.session_id : undefined;
}
