import type { EventStore } from '#sessions';
import { startedSessions } from '#sessions';

/** Sessions read concurrently. */
const atOnce = 8;

/** The share of all sessions for one of several workers. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

/**
 * Processes the sessions of a share in the order of their start in the log, some concurrently; `work` gets their ids.
 * Ends at the end that the log had at the start.
 * @throws the errors of `work`
 */
export async function eachSession(
  store: EventStore,
  share: Share,
  work: (sessionId: string) => Promise<void>,
): Promise<void> {
  const ids = sharedSessions(store, share);
  const next = async (): Promise<void> => {
    for (let item = await ids.next(); item.done !== true; item = await ids.next()) await work(item.value);
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, next));
  } finally {
    await ids.return(undefined);
  }
}

async function* sharedSessions(store: EventStore, share: Share): AsyncGenerator<string, void, undefined> {
  for await (const id of startedSessions(store)) if (isShared(id, share)) yield id;
}

/** Ids are random UUIDs. */
function isShared(sessionId: string, { index, of }: Share): boolean {
  const digits = Number.parseInt(sessionId.slice(0, 8), 16);
  return (Number.isNaN(digits) ? 0 : digits % of) === index;
}
