import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { RebuildInProgressError } from '#read-models';
import { rebuild } from './tables.ts';
import { rowsPool, turn, until, World } from '../test-harness.ts';

jest.setTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await World.create(8);
});
beforeEach(() => world.reset());
afterAll(() => world.end());

function run(onProgress?: () => void): ReturnType<typeof rebuild> {
  const pool = (settings = 'SELECT 1'): ReturnType<typeof rowsPool> => rowsPool(world.database.url, settings);
  return rebuild({ store: world.store, pool, ...(onProgress && { onProgress }) });
}

/** Everything about the tables that a migration may have made. */
async function schema(): Promise<unknown> {
  const { rows } = await world.pool.query(`
    SELECT 'index' AS kind, tablename AS name, indexname AS part, indexdef AS text FROM pg_indexes
      WHERE schemaname = 'public' AND tablename IN ('conversation_session', 'conversation_turn', 'projection_failure')
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
      WHERE conrelid IN ('conversation_session'::regclass, 'conversation_turn'::regclass, 'projection_failure'::regclass)
    UNION ALL SELECT 'column', attrelid::regclass::text, attname, format('%s %s %s %s', attnum, atttypid::regtype,
        attnotnull, col_description(attrelid, attnum)) FROM pg_attribute
      WHERE attnum > 0 AND attrelid IN ('conversation_session'::regclass, 'conversation_turn'::regclass,
        'projection_failure'::regclass)
    UNION ALL SELECT 'table', oid::regclass::text, reloptions::text, obj_description(oid) FROM pg_class
      WHERE oid IN ('conversation_session'::regclass, 'conversation_turn'::regclass, 'projection_failure'::regclass)
    ORDER BY 1, 2, 3, 4`);
  return rows;
}

test('gives the same rows in tables of the same shape, while events flow and a projector runs', async () => {
  const ids = await world.sessions(20);
  await Promise.all(ids.map((id) => world.send(id, turn(randomUUID()), turn(randomUUID()))));
  const { projector } = await world.start();
  await world.settled(ids);
  const [shape, before] = [await schema(), await world.rows(ids)];
  // Rows that are wrong or gone, as after a fault: the reason to rebuild.
  await world.pool.query('DELETE FROM conversation_turn');
  await world.pool.query("UPDATE conversation_session SET language = 'xx'");

  const fresh = await world.sessions(5);
  const flowing = new AbortController();
  const flow = (async () => {
    while (!flowing.signal.aborted) for (const id of fresh) await world.send(id, turn(randomUUID()));
  })();
  const { events } = await run();
  flowing.abort();
  await flow;

  expect(events).toBeGreaterThanOrEqual(60);
  expect(await world.rows(ids)).toEqual(before);
  expect(await schema()).toEqual(shape);
  await world.settled(fresh);
  await Promise.all(ids.map((id) => world.send(id, turn(randomUUID()))));
  await world.settled(ids);
  await until(() => projector.status().length === 4, 'all slots taken again');
});

test('leaves the tables in use alone when it fails, and begins afresh the next time', async () => {
  const ids = await world.sessions(3);
  await world.start();
  await world.settled(ids);
  const before = await world.rows(ids);
  await world.pool.query('CREATE SCHEMA rebuild CREATE TABLE leftover (id int)');
  const broken = rebuild({
    store: world.store,
    pool: () => rowsPool(world.database.url, 'SET default_transaction_read_only = on'),
  });
  await expect(broken).rejects.toThrow('read-only');
  expect(await world.rows(ids)).toEqual(before);
  await run();
  expect(await world.rows(ids)).toEqual(before);
});

test('only one runs at a time', async () => {
  const ids = await world.sessions(3);
  const results = await Promise.allSettled([run(), run()]);
  const failed = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  expect(failed.every((reason) => reason instanceof RebuildInProgressError)).toBe(true);
  expect(failed.length).toBeLessThan(2);
  for (const id of ids) await world.rowsSettled(id);
});
