import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { RebuildInProgressError } from '#read-models';
import { deleteStream } from '../../../../libs/sessions/src/test-support.ts';
import { rebuild } from './tables.ts';
import { rowsPool, startSession, turn, ProjectorHarness } from '../test-harness.ts';

let harness: ProjectorHarness;
beforeAll(async () => {
  harness = await ProjectorHarness.create();
});
beforeEach(() => harness.reset());
afterAll(() => harness.end());

function run(onProgress?: () => void): ReturnType<typeof rebuild> {
  const pool = (settings = 'SELECT 1'): ReturnType<typeof rowsPool> =>
    rowsPool(harness.database.url, settings);
  return rebuild({ store: harness.store, pool, textSearch: 'off', ...(onProgress && { onProgress }) });
}

/** Everything about the tables that a migration can create. */
const rebuilt = `ARRAY['conversation_session', 'conversation_turn', 'set_aside_session', 'turn_entity', 'turn_word',
  'session_milestone', 'event_correlation', 'session_reference', 'personal_token']`;

async function schema(): Promise<unknown> {
  const { rows } = await harness.pool.query(`
    SELECT 'index' AS kind, tablename AS name, indexname AS part, indexdef AS text FROM pg_indexes
      WHERE schemaname = 'public' AND tablename = ANY (${rebuilt})
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
      WHERE conrelid = ANY (${rebuilt}::regclass[])
    UNION ALL SELECT 'column', attrelid::regclass::text, attname, format('%s %s %s %s', attnum, atttypid::regtype,
        attnotnull, col_description(attrelid, attnum)) FROM pg_attribute
      WHERE attnum > 0 AND attrelid = ANY (${rebuilt}::regclass[])
    UNION ALL SELECT 'table', oid::regclass::text, reloptions::text, obj_description(oid) FROM pg_class
      WHERE oid = ANY (${rebuilt}::regclass[])
    ORDER BY 1, 2, 3, 4`);
  return rows;
}

test('fixes rows that are wrong or gone', async () => {
  const ids = await harness.sessions(20);
  await Promise.all(ids.map((id) => harness.send(id, turn(randomUUID()), turn(randomUUID()))));
  await harness.start();
  await harness.settled(ids);
  const before = await harness.rows(ids);
  await harness.pool.query('DELETE FROM conversation_turn');
  await harness.pool.query("UPDATE conversation_session SET language = 'xx'");
  const { events } = await run();
  expect(events).toBeGreaterThanOrEqual(60);
  expect(await harness.rows(ids)).toEqual(before);
});

test('collects the statistics of the turns, as a whole and by month', async () => {
  const month = new Date().toISOString().slice(0, 7).replace('-', '_');
  const [id = ''] = await harness.sessions(1);
  await harness.send(id, turn(randomUUID()));
  await run();
  const { rows } = await harness.pool.query<{ tables: string[] }>(
    `SELECT array_agg(tablename::text ORDER BY tablename) AS tables FROM pg_stats
     WHERE schemaname = 'public' AND tablename LIKE 'conversation\\_turn%' AND attname = 'session_id'`,
  );
  expect(rows[0]?.tables).toEqual(['conversation_turn', `conversation_turn_${month}`]);
});

test.each(['tombstone', 'soft delete'] as const)('leaves out what a %s removed', async (how) => {
  const [deleted, kept] = (await harness.sessions(2)) as [string, string];
  await deleteStream(deleted, how);
  await run();
  expect(await harness.rows([deleted, kept])).toMatchObject({ sessions: [{ session_id: kept }], turns: [] });
});

test('keeps what a session has recorded since it started again after a soft delete', async () => {
  const [id] = (await harness.sessions(1)) as [string];
  await harness.send(id, turn(randomUUID()), turn(randomUUID()));
  await deleteStream(id, 'soft delete');
  harness.forget(id);
  await harness.send(id, startSession, turn(randomUUID()), turn(randomUUID()));
  await harness.start();
  await harness.settled([id]);
  const before = await harness.rows([id]);
  expect(before).toMatchObject({ sessions: [{ session_id: id }], turns: [{}, {}] });
  await run();
  expect(await harness.rows([id])).toEqual(before);
});

test('succeeds even if the event store was restored to a state before the projectors’ positions', async () => {
  const ids = await harness.sessions(3);
  const position = (await harness.store.head()) + 1_000_000_000n;
  await harness.pool.query('UPDATE projection_slot SET position = $1', [position]);
  await run();
  await expect(Promise.all(ids.map((id) => harness.rowsSettled(id)))).resolves.toHaveLength(3);
});

test('gives tables of the same shape', async () => {
  const shape = await schema();
  await run();
  expect(await schema()).toEqual(shape);
});

test('misses no event that arrives while it runs', async () => {
  await harness.start();
  const ids = await harness.sessions(5);
  const flowing = new AbortController();
  const flow = (async () => {
    while (!flowing.signal.aborted) for (const id of ids) await harness.send(id, turn(randomUUID()));
  })();
  await run();
  flowing.abort();
  await flow;
  expect(await harness.settled(ids)).toBe(5);
});

test('lets the projectors resume afterwards', async () => {
  const { projector } = await harness.start();
  const ids = await harness.sessions(3);
  await harness.settled(ids);
  await run();
  await Promise.all(ids.map((id) => harness.send(id, turn(randomUUID()))));
  await harness.settled(ids);
  await waitUntil(() => projector.status().length === 4, { what: 'all partitions to be taken again' });
  expect(projector.status().map(({ slot }) => slot)).toEqual([0, 1, 2, 3]);
});

test('leaves the tables in use alone when it fails', async () => {
  const ids = await harness.sessions(3);
  await harness.start();
  await harness.settled(ids);
  const before = await harness.rows(ids);
  const broken = rebuild({
    store: harness.store,
    pool: () => rowsPool(harness.database.url, 'SET default_transaction_read_only = on'),
    textSearch: 'off',
  });
  await expect(broken).rejects.toThrow('read-only');
  expect(await harness.rows(ids)).toEqual(before);
});

test('begins afresh after a run that failed', async () => {
  const ids = await harness.sessions(3);
  await harness.pool.query(
    'CREATE SCHEMA IF NOT EXISTS rebuild; CREATE TABLE rebuild.conversation_turn (id int)',
  );
  await run();
  await expect(Promise.all(ids.map((id) => harness.rowsSettled(id)))).resolves.toHaveLength(3);
});

test('sets aside the session of a row that PostgreSQL refuses, and no other', async () => {
  const ids = (await harness.sessions(3)) as [string, string, string];
  const parsed_intent = randomBytes(6_000).toString('base64');
  await Promise.all(ids.map((id) => harness.send(id, turn(randomUUID()))));
  await harness.send(ids[0], turn(randomUUID(), { parsed_intent }));
  const { setAside } = await run();
  expect(setAside).toBe(1);
  const { rows } = await harness.pool.query('SELECT FROM conversation_turn WHERE session_id = ANY ($1)', [
    ids,
  ]);
  expect(rows).toHaveLength(3);
  await harness.pool.query('TRUNCATE set_aside_session');
  await deleteStream(ids[0], 'tombstone');
});

test('only one runs at a time', async () => {
  const ids = await harness.sessions(3);
  const results = await Promise.allSettled([run(), run()]);
  const failed = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  expect(failed.every((reason) => reason instanceof RebuildInProgressError)).toBe(true);
  expect(failed.length).toBeLessThan(2);
  for (const id of ids) await harness.rowsSettled(id);
});
