import type { EventStore } from '#sessions';
import { startedSessions } from '#sessions';

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
