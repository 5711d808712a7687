import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Pool } from 'pg';
import { createLogger, createPool, waitUntil } from '#platform';
import type { TestDatabase } from '../../../platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../platform/src/testing/test-services.ts';
import { withRetentionLock } from './retention.ts';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase('', 0);
  const settings = 'SET idle_in_transaction_session_timeout = 50';
  pool = createPool(database.url, { logger: createLogger('spec', 'silent'), settings });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

test('a run keeps its lock longer than the idle limit of transactions', async () => {
  let another: boolean | undefined;
  await withRetentionLock(pool, async () => {
    await pool.query('SELECT pg_sleep(0.2)');
    another = await withRetentionLock(pool, async () => undefined);
  });
  expect(another).toBe(false);
});

test('a run ends when the connection of its lock has ended', async () => {
  const run = withRetentionLock(pool, async (signal) => {
    await pool.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
    await waitUntil(() => signal.aborted, { what: 'the end of the run' });
  });
  await expect(run).rejects.toThrow('The connection that holds the lock has ended.');
});
