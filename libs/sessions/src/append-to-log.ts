import type { EventData } from '@eventstore/db-client';
import { backOffMs, sleep } from '#platform';
import { StoreUnavailableError } from './errors.ts';
import type { EventStore } from './store.ts';

/** How often an append is tried, since other processes may come first. */
const attempts = 50;

/**
 * Appends events at the end of a stream to which many processes append.
 * @param revision the last known revision of the stream; -1: none
 * @returns the revision of the last event
 * @throws StoreUnavailableError
 */
export async function appendToLog(
  store: EventStore,
  stream: string,
  events: readonly EventData[],
  revision = -1,
): Promise<number> {
  let expected = revision;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const outcome = await store.append(stream, events, expected);
    if (outcome.appended) return outcome.revision;
    expected = outcome.revision;
    if (attempt > 0) await sleep(backOffMs(attempt, { minMs: 1, maxMs: 50 }));
  }
  throw new StoreUnavailableError({ cause: `${stream} changed ${attempts} times meanwhile` });
}
