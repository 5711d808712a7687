import type { Delivery, EventStore } from '#sessions';
import { subscribeToSessions } from '#sessions';

/** Sessions that are read at a time. */
const atOnce = 8;

/** The part of all sessions that one of some workers has. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

/**
 * Works through the sessions of a share as the log begins them, some at a time; `work` gets their ids. Ends where the log ended.
 * @throws what `work` throws
 */
export async function eachSession(
  store: EventStore,
  share: Share,
  work: (sessionId: string) => Promise<void>,
): Promise<void> {
  const ids = startedSessions(store, share);
  const next = async (): Promise<void> => {
    for (let item = await ids.next(); item.done !== true; item = await ids.next()) await work(item.value);
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, next));
  } finally {
    await ids.return(undefined);
  }
}

/** Not those whose first event was deleted: they cannot be folded. */
async function* startedSessions(store: EventStore, share: Share): AsyncGenerator<string, void, undefined> {
  const stop = new AbortController();
  const types = ['SessionStarted', 'SessionForked'];
  try {
    for await (const delivery of subscribeToSessions(store, { types, after: 'start', signal: stop.signal })) {
      if (delivery.kind === 'caught_up') return;
      const started = startedBy(delivery);
      if (started !== undefined && isShared(started, share)) yield started;
    }
  } finally {
    stop.abort();
  }
}

/** The session whose first event it is. */
function startedBy(delivery: Delivery): string | undefined {
  const first = delivery.kind === 'event' ? delivery.event : delivery;
  return 'revision' in first && first.revision === 0 && 'session_id' in delivery
    ? delivery.session_id
    : undefined;
}

/** Ids are random UUIDs. */
function isShared(sessionId: string, { index, of }: Share): boolean {
  const digits = Number.parseInt(sessionId.slice(0, 8), 16);
  return (Number.isNaN(digits) ? 0 : digits % of) === index;
}
