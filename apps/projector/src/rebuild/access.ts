import type { Pool, PoolClient } from 'pg';
import type { AccessItem } from '#read-models';
import {
  accessCheckpoint,
  accessDays,
  clearAccessRecords,
  forgetAccessOf,
  writeAccessRecords,
} from '#read-models';
import type { EventStore } from '#sessions';
import { accessPrefix, accessStream, subscribeToSessions } from '#sessions';

const batchSize = 1_000;
const dayMs = 86_400_000;

/**
 * Rewrites the access records in one transaction: readers see the old ones until its end, and writing projectors wait
 * for it. Ends the pool. Returns the number of events.
 */
export async function rebuildAccess(store: EventStore, pool: Pool): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await clearAccessRecords(client);
    const events = await fill(store, client);
    await dropDeleted(store, client);
    await client.query('COMMIT');
    return events;
  } finally {
    // Closing the connection rolls back an unfinished transaction.
    client.release(true);
    await pool.end();
  }
}

/** The log of the event store has the events of deleted days until it is scavenged. */
async function dropDeleted(store: EventStore, client: PoolClient): Promise<void> {
  const tomorrow = new Date(Date.now() + dayMs).toISOString().slice(0, 10);
  for (const day of await accessDays(client, tomorrow))
    if ((await store.readLast(accessStream(new Date(day)))) === undefined) await forgetAccessOf(client, day);
}

async function fill(store: EventStore, client: PoolClient): Promise<number> {
  const done = new AbortController();
  const waiting: AccessItem[] = [];
  let events = 0;
  const flush = async (to: bigint): Promise<void> => {
    const from = await accessCheckpoint(client);
    events += waiting.length;
    await writeAccessRecords(client, waiting.splice(0), { from, to });
  };
  const options = { prefixes: [accessPrefix], after: 'start', signal: done.signal } as const;
  try {
    for await (const delivery of subscribeToSessions(store, options)) {
      if (delivery.kind === 'access') waiting.push(delivery);
      const last = waiting.at(-1);
      const isEnd = delivery.kind === 'caught_up';
      if (last !== undefined && (isEnd || waiting.length >= batchSize)) await flush(last.position);
      if (isEnd) break;
    }
    return events;
  } finally {
    done.abort();
  }
}
