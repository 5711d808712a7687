import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pageBytes } from '#platform';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase } from '../test-support.ts';
import { listAccess, summarizeAccess } from './access-records.ts';
import { pages, within } from './test-pages.ts';

const records = 6_000;
let database: TestDatabase;
/** All records together have more bytes than a page. */
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(
    `WITH record AS (
       INSERT INTO access_record (event_id, at, kind, role, subject, action, session_ids, correlation_id)
       SELECT gen_random_uuid(), now() - n * interval '1 second', 'read', 'auditor', n || repeat('x', 180), 'read_events', '{}', 'c'
       FROM generate_series(1, $1) AS n RETURNING event_id, at)
     INSERT INTO access_record_partner (partner_id, at, event_id) SELECT 'P1', at, event_id FROM record`,
    [records],
  );
});
afterAll(() => database.drop());

const limit = 2 * records;
const period = { from: '2000-01-01T00:00:00Z', to: '3000-01-01T00:00:00Z' };

test.each([
  ['records of accesses', (after?: string) => listAccess(database.pool, { limit, after })],
  ['counts of accesses', (after?: string) => summarizeAccess(database.pool, { ...period, limit, after })],
] as const)('pages of %s end by bytes, and hold each once', async (_, list) => {
  const first = await list();
  expect(first.items.length).toBeLessThan(records);
  const all = await pages((after) => within<{ readonly subject: string }>(pageBytes, list(after)));
  expect(new Set(all.map(({ subject }) => subject)).size).toBe(records);
  expect(all).toHaveLength(records);
});
