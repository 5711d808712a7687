import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestDatabase } from '../../../platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../platform/src/testing/test-services.ts';

const file = '0021_turn_partitions.sql';
let database: TestDatabase;
beforeAll(async () => {
  const before = readdirSync('migrations').filter((name) => name.endsWith('.sql') && name < file);
  database = await createTestDatabase('', before.length);
});
afterAll(() => database.drop());

test('a table with turns is partitioned by month and keeps every row', async () => {
  await database.pool.query(`
    INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
      expires_at, expires_in_s, status, revision)
    SELECT gen_random_uuid(), 'P' || n, now() - interval '1 year', now(), 'ivr', 'hi', now(), 60, 'ended', 100
    FROM generate_series(1, 20) AS n;
    INSERT INTO conversation_turn (session_id, turn_id, partner_id, timestamp, ordered_at, sender, message_text,
      extracted_entities, revision)
    SELECT session_id, gen_random_uuid(), partner_id, at, at, 'user', 'text ' || n, '{}', n
    FROM conversation_session CROSS JOIN generate_series(1, 40) AS n,
      LATERAL (SELECT CASE n WHEN 40 THEN '0200-01-01' ELSE now() - make_interval(days => 10 * (40 - n)) END AS at) AS a;
    INSERT INTO turn_entity SELECT message_text, ordered_at, session_id, revision, partner_id FROM conversation_turn;
  `);
  await database.pool.query(readFileSync(`migrations/${file}`, 'utf8'));
  const { rows } = await database.pool.query(`
    SELECT (SELECT count(*)::int FROM conversation_turn WHERE channel = 'ivr') AS turns,
      (SELECT count(*)::int FROM turn_entity) AS entities,
      (SELECT count(*)::int FROM conversation_turn_default) AS stray,
      (SELECT count(DISTINCT tableoid)::int FROM conversation_turn) >= 13 AS months,
      obj_description('conversation_turn'::regclass) AS comment,
      (SELECT count(*)::int FROM pg_constraint WHERE conrelid = 'conversation_turn'::regclass AND contype = 'f') AS keys`);
  expect(rows).toEqual([
    {
      turns: 800,
      entities: 800,
      stray: 20,
      months: true,
      comment: 'Read model: one row for each recorded turn; a turn_id may come again in its session',
      keys: 1,
    },
  ]);
});
