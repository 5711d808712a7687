import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { IndexStore } from './index-store.ts';

const [active, ended] = [randomUUID(), randomUUID()];
let database: TestDatabase;

/** The database of the previous release, migrated. */
beforeAll(async () => {
  database = await createTestDatabase();
  const { pool } = database;
  await pool.query(
    'DROP TABLE reference_index, reference_index_position, kept_update_reference, kept_update',
  );
  await pool.query(
    `INSERT INTO projection_slot (slot, prefixes, position)
     VALUES (0, '{session-0,session-1}', 70), (1, '{session-2}', 90), (2, '{session-3}', NULL)`,
  );
  await pool.query(
    "INSERT INTO bridge_slot (slot, prefixes, owner, epoch) VALUES (0, '{session-0}', 'spec', 1)",
  );
  for (const [id, status] of [
    [active, 'active'],
    [ended, 'ended'],
  ]) {
    await pool.query(
      `INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
         expires_at, expires_in_s, status, revision)
       VALUES ($1, 'P1', now(), now(), 'ivr', 'hi', now(), 60, $2, 3)`,
      [id, status],
    );
    await pool.query("INSERT INTO session_reference VALUES ('order', 'O1', $1)", [id]);
  }
  await pool.query(
    await readFile(new URL('../../../../migrations/0010_reference_index.sql', import.meta.url), 'utf8'),
  );
});
afterAll(() => database.drop());

test('the index takes over the mentions and partners of active sessions', async () => {
  const { rows } = await database.pool.query(
    'SELECT kind, reference, session_id, partner_id FROM reference_index ORDER BY kind',
  );
  expect(rows).toEqual([
    { kind: 'order', reference: 'O1', session_id: active, partner_id: 'P1' },
    { kind: 'partner', reference: 'P1', session_id: active, partner_id: 'P1' },
  ]);
});

test.each([
  ['goes on from the lowest position of the projectors', ['session-0', 'session-2'], 70n],
  ['begins anew where a projector has none', ['session-2', 'session-3'], null],
])('%s', async (_, prefixes, expected) => {
  const store = new IndexStore(database.pool, { partition: 0, owner: 'spec', epoch: 1n, prefixes });
  expect(await store.load()).toBe(expected);
});
