/**
 * The minimal program that stores a turn, in its own process: appends by the bare client, or one-row INSERTs through
 * a pool.
 */
import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, NO_STREAM } from '@eventstore/db-client';
import { Pool } from 'pg';
import { turnEvent } from './conversations.ts';

/** Calls in total, and concurrently. */
export interface BareWork {
  readonly kind: 'append' | 'insert';
  readonly count: number;
  readonly inFlight: number;
}

const store = EventStoreDBClient.connectionString(process.env['EVENTSTORE_URL'] ?? '');
const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 8 });
await pool.query('CREATE TABLE IF NOT EXISTS bench_turn (id uuid PRIMARY KEY, data jsonb, metadata jsonb)');

/** Each caller appends to its own stream, with the expected revision. */
const callers = {
  append: () => {
    const stream = `bench-${randomUUID()}`;
    let revision = -1;
    return async () => {
      const expectedRevision = revision < 0 ? NO_STREAM : BigInt(revision);
      await store.appendToStream(stream, turnEvent(), { expectedRevision });
      revision += 1;
    };
  },
  insert: () => async () => {
    const { data, metadata } = turnEvent();
    const values = [randomUUID(), JSON.stringify(data), JSON.stringify(metadata)];
    await pool.query({ name: 'insert', text: 'INSERT INTO bench_turn VALUES ($1, $2, $3)', values });
  },
};

async function run({ kind, count, inFlight }: BareWork): Promise<void> {
  let left = count;
  const caller = async (call: () => Promise<void>): Promise<void> => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: inFlight }, () => caller(callers[kind]())));
}

process.on('message', (work: BareWork) => void run(work).then(() => process.send?.('done')));
process.once('disconnect', () => process.exit());
process.send?.('ready');
