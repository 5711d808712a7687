import type { Pool, PoolClient } from 'pg';
import type { AccessItem } from '#read-models';
import { accessCheckpoint, clearAccessRecords, writeAccessRecords } from '#read-models';
import type { EventStore } from '#sessions';
import { accessPrefix, subscribeToSessions } from '#sessions';

const batchSize = 1_000;

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
    await client.query('COMMIT');
    return events;
  } finally {
    // Closing the connection rolls back an unfinished transaction.
    client.release(true);
    await pool.end();
  }
}

async function fill(store: EventStore, client: PoolClient): Promise<number> {
  const done = new AbortController();
  const waiting: AccessItem[] = [];
  let events = 0;
  let read: bigint | undefined;
  // The log has the events of deleted days until it is scavenged.
  const days = new Map<string, boolean>();
  const isThere = async (stream: string): Promise<boolean> => {
    const known = days.get(stream) ?? (await store.readLast(stream)) !== undefined;
    days.set(stream, known);
    return known;
  };
  const flush = async (to: bigint): Promise<void> => {
    const from = await accessCheckpoint(client);
    events += waiting.length;
    await writeAccessRecords(client, waiting.splice(0), { from, to });
  };
  const options = { prefixes: [accessPrefix], after: 'start', signal: done.signal } as const;
  try {
    for await (const delivery of subscribeToSessions(store, options)) {
      if (delivery.kind === 'access') {
        read = delivery.position;
        if (await isThere(delivery.stream)) waiting.push(delivery);
      }
      const isEnd = delivery.kind === 'caught_up';
      if (read !== undefined && (isEnd || waiting.length >= batchSize)) await flush(read);
      if (isEnd) break;
    }
    return events;
  } finally {
    done.abort();
  }
}
