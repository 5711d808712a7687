import type { Delivery } from './delivery.ts';
import type { EventStore } from './store.ts';
import { subscribeToSessions } from './subscription.ts';

const types = ['SessionStarted', 'SessionForked'];

/**
 * The ids of the sessions whose first event is in the store, including forks, in log order, up to the present end of the log. An event
 * that cannot be folded also starts a session, and a deleted event may be returned until the store removes it.
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

/** The session that starts with this event; undefined: none. */
function startedBy(delivery: Delivery): string | undefined {
  if (delivery.kind === 'unprojectable') return delivery.revision === 0 ? delivery.session_id : undefined;
  return delivery.kind === 'event' && delivery.event.revision === 0 ? delivery.session_id : undefined;
}
