import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { countRows, dropStandby, eraseRows, standbyTables } from '#read-models';
import { rowsPool, turn, ProjectorHarness } from '../test-harness.ts';
import { compareStandby, shadow, switchTo } from './shadow.ts';
import { countTurns, projectedSessions } from './test-sessions.ts';
import type { RebuildOptions } from './tables.ts';
import { rebuild } from './tables.ts';

let harness: ProjectorHarness;
let options: RebuildOptions;
beforeAll(async () => {
  harness = await ProjectorHarness.create();
  const pool = (settings = 'SELECT 1') => rowsPool(harness.database.url, settings);
  options = { store: harness.store, pool, textSearch: 'off' };
});
beforeEach(async () => {
  await harness.reset();
  await dropStandby(harness.pool);
  // The store also has the sessions of earlier specs.
  await rebuild(options);
});
afterAll(() => harness.end());

const conversations = (count: number): Promise<string[]> => projectedSessions(harness, count);
const damage = (): Promise<unknown> => harness.pool.query("UPDATE conversation_session SET language = 'xx'");

const turnsIn = (schema: string, id: string): Promise<number> => countTurns(harness.pool, schema, id);

test('tables are built beside those in use, compared, switched to and switched back from', async () => {
  await harness.start();
  const ids = await conversations(3);
  const right = await harness.rows(ids);
  await damage();
  const wrong = await harness.rows(ids);
  await shadow(options);
  expect(await harness.rows(ids)).toEqual(wrong);
  const comparison = await compareStandby(options);
  expect(comparison).toMatchObject({ different: 3, moved: [], kinds: { 'session.language': 3 } });
  expect(comparison.samples).toContainEqual(expect.objectContaining({ kind: 'session', field: 'language' }));
  await switchTo('new', options);
  expect(await harness.rows(ids)).toEqual(right);
  expect(await standbyTables(harness.pool)).toMatchObject({ role: 'old' });
  await switchTo('old', options);
  expect(await harness.rows(ids)).toEqual(wrong);
});

test('a milestone that was changed, and one that was lost, are found', async () => {
  await harness.start();
  const [changed = '', lost = ''] = await conversations(2);
  await shadow(options);
  await harness.pool.query("UPDATE session_milestone SET name = 'ivr' WHERE session_id = $1", [changed]);
  await harness.pool.query('DELETE FROM session_milestone WHERE session_id = $1', [lost]);
  expect(await compareStandby(options)).toMatchObject({
    different: 2,
    kinds: { 'milestone missing': 2, 'milestone extra': 1 },
  });
});

test('standby tables that are brought up to date have the words of new turns', async () => {
  const searched = { ...options, textSearch: 'all' } as const;
  await rebuild(searched);
  await harness.start({ textSearch: 'all' });
  const [id = ''] = await conversations(1);
  await shadow(searched);
  await harness.send(id, turn(randomUUID()));
  await harness.settled([id]);
  expect(await compareStandby(searched)).toMatchObject({ different: 0, moved: [] });
});

test('events after a switch are in the old tables, too, when they are in use again', async () => {
  await harness.start();
  const ids = await conversations(2);
  await shadow(options);
  await switchTo('new', options);
  await Promise.all(ids.map((id) => harness.send(id, turn(randomUUID()), turn(randomUUID()))));
  const more = await conversations(1);
  await harness.settled(ids);
  await switchTo('old', options);
  expect(await harness.settled([...ids, ...more])).toBe(3);
  await Promise.all(ids.map((id) => harness.send(id, turn(randomUUID()))));
  expect(await harness.settled(ids)).toBe(2);
  expect(await compareStandby(options)).toMatchObject({ different: 0, moved: [] });
});

test('nothing is missed, and nothing differs, while sessions are written', async () => {
  await harness.start();
  const ids = await conversations(4);
  const done = new AbortController();
  const writing = (async () => {
    while (!done.signal.aborted) for (const id of ids) await harness.send(id, turn(randomUUID()));
  })();
  try {
    await shadow(options);
    expect(await compareStandby(options)).toMatchObject({ different: 0 });
    await switchTo('new', options);
    await switchTo('old', options);
  } finally {
    done.abort();
    await writing;
  }
  expect(await harness.settled(ids)).toBe(4);
});

test('a run that fails leaves nothing to switch to, and the next one begins afresh', async () => {
  await harness.start();
  const [id = ''] = await conversations(1);
  const broken = { ...options, pool: () => options.pool('SET default_transaction_read_only = on') };
  await expect(shadow(broken)).rejects.toThrow('read-only');
  expect(await standbyTables(harness.pool)).toBeUndefined();
  await expect(switchTo('new', options)).rejects.toThrow('no standby tables');
  await shadow(options);
  expect(await turnsIn('rebuild', id)).toBe(1);
});

test('standby tables continue where a run was interrupted', async () => {
  await harness.start();
  const [id = ''] = await conversations(1);
  await shadow(options);
  const before = await standbyTables(harness.pool);
  await harness.send(id, turn(randomUUID()));
  const cut = { ...options, pool: () => options.pool('SET default_transaction_read_only = on') };
  await expect(shadow(cut)).rejects.toThrow('read-only');
  expect(await standbyTables(harness.pool)).toEqual(before);
  expect(await shadow(options)).toBeGreaterThan(0);
  expect(await turnsIn('rebuild', id)).toBe(2);
});

test('words are found in the standby tables', async () => {
  await harness.start({ textSearch: 'partner' });
  const searched = { ...options, textSearch: 'partner' } as const;
  const [id = ''] = await conversations(1);
  await shadow(searched);
  await harness.send(id, turn(randomUUID(), { message_text: 'another sentence' }));
  await harness.settled([id]);
  await switchTo('new', searched);
  const { rows } = await harness.pool.query<{ turns: number }>(
    'SELECT count(DISTINCT revision)::int AS turns FROM turn_word WHERE session_id = $1',
    [id],
  );
  expect(rows).toEqual([{ turns: 2 }]);
});

test('rewritten rows, and rows from before a new column, do not differ', async () => {
  await harness.start();
  const [id = '', old = ''] = await conversations(2);
  await shadow(options);
  await harness.pool.query('UPDATE conversation_turn SET written = written + 1 WHERE session_id = $1', [id]);
  await harness.pool.query(
    `UPDATE conversation_turn SET actor_role = NULL, actor_id = NULL, channel = 'ivr' WHERE session_id = $1`,
    [old],
  );
  expect(await compareStandby(options)).toMatchObject({ different: 0 });
  await switchTo('new', options);
  expect(await compareStandby(options)).toMatchObject({ different: 0 });
});

describe('a switch does not wait for ever for a reader of the tables:', () => {
  test('that to standby tables can be run again', async () => {
    await shadow(options);
    const reader = await harness.pool.connect();
    await reader.query('BEGIN; SELECT FROM conversation_turn');
    await expect(switchTo('new', options)).rejects.toThrow('run it again');
    reader.release(true);
    await switchTo('new', options);
  });

  test('a whole rebuild tries again', async () => {
    const reader = await harness.pool.connect();
    await reader.query('BEGIN; SELECT FROM conversation_turn');
    const rebuilt = rebuild(options);
    const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
      AND query LIKE '%DROP TABLE%' AND query_start > now() - interval '2 s' AND xact_start < now() - interval '5 s'`;
    await waitUntil(async () => (await harness.pool.query(waits)).rowCount === 1, {
      what: 'the second try',
    });
    reader.release(true);
    await expect(rebuilt).resolves.toMatchObject({ setAside: 0 });
  });
});

describe('a step that does not fit is refused:', () => {
  test('a switch back before a switch', async () => {
    await shadow(options);
    await expect(switchTo('old', options)).rejects.toThrow('no switch to go back from');
  });

  test('a whole rebuild while tables stand by', async () => {
    await shadow(options);
    await expect(rebuild(options)).rejects.toThrow('standby tables already');
    await dropStandby(harness.pool);
    await rebuild(options);
  });

  test('a switch to tables of another release', async () => {
    await shadow(options);
    await harness.pool.query('ALTER TABLE rebuild.conversation_session DROP COLUMN language');
    await expect(switchTo('new', options)).rejects.toThrow('another release');
  });
});

test('rows that are deleted or missing in one of the tables are found', async () => {
  await harness.start();
  const [gone = '', kept = ''] = await conversations(2);
  await shadow(options);
  await harness.pool.query('DELETE FROM conversation_turn WHERE session_id = $1', [gone]);
  await harness.pool.query('DELETE FROM conversation_session WHERE session_id = $1', [gone]);
  await harness.pool.query('DELETE FROM rebuild.conversation_turn WHERE session_id = $1', [kept]);
  expect(await compareStandby(options)).toMatchObject({
    different: 2,
    kinds: { 'session.revision': 1, 'turn extra': 1 },
  });
});

test('an erasure reaches the standby tables', async () => {
  await harness.start();
  const [id = ''] = await conversations(1);
  await shadow(options);
  const erased = { partner_id: 'P1', before: new Date().toISOString(), session_ids: [id] };
  const left = async (): Promise<number | undefined> =>
    (await countRows(harness.pool, erased)).find(({ table }) => table === 'rebuild.conversation_turn')?.left;
  expect(await left()).toBe(1);
  await eraseRows(harness.pool, erased);
  expect(await left()).toBe(0);
});

test('an erasure drops the tables of an interrupted rebuild, but not of a running one', async () => {
  await harness.start();
  const [id = ''] = await conversations(1);
  const readOnly = 'SET default_transaction_read_only = on';
  const cut = { ...options, pool: (settings?: string) => options.pool(settings && readOnly) };
  await expect(shadow(cut)).rejects.toThrow('read-only');
  const erased = { partner_id: 'P1', before: new Date().toISOString(), session_ids: [id] };
  const underWay = await harness.pool.connect();
  try {
    await underWay.query('SELECT pg_advisory_lock(7230118)');
    await eraseRows(harness.pool, erased);
    expect(await turnsIn('rebuild', id)).toBe(0);
  } finally {
    underWay.release(true);
  }
  // The lock is released when the server notices the end of its connection.
  const isGone = async (): Promise<boolean> => {
    await eraseRows(harness.pool, erased);
    return (
      (await harness.pool.query("SELECT FROM to_regclass('rebuild.conversation_turn') AS t WHERE t IS NULL"))
        .rowCount === 1
    );
  };
  await waitUntil(isGone, { what: 'the tables to be dropped' });
});

/** The structure of the schemas: relations, and what views depend on. */
async function shapes(): Promise<unknown> {
  const { rows } = await harness.pool.query(`
    SELECT relnamespace::regnamespace::text AS schema, relname, relkind, relispartition,
      CASE WHEN relkind = 'v' THEN pg_get_viewdef(oid) END AS view,
      CASE WHEN relkind IN ('i', 'I') THEN pg_get_indexdef(oid) END AS index,
      (SELECT array_agg(conname || ' ' || pg_get_constraintdef(c.oid) ORDER BY conname) FROM pg_constraint AS c
        WHERE conrelid = pg_class.oid) AS constraints
    FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'rebuild'::regnamespace, 'reporting'::regnamespace)
      AND relkind <> 'S'
    ORDER BY 1, 2`);
  return rows;
}

test('two switches leave all names as they were, and views and rights follow the tables in use', async () => {
  const role = `reader_${randomUUID().replaceAll('-', '')}`;
  await harness.pool.query(`CREATE ROLE ${role}; GRANT SELECT ON conversation_turn TO ${role}`);
  try {
    await harness.start();
    const [id = ''] = await conversations(1);
    await shadow(options);
    const before = await shapes();
    await switchTo('new', options);
    await harness.send(id, turn(randomUUID()));
    await harness.settled([id]);
    const seen = await harness.pool.query('SELECT FROM reporting.turns WHERE session_id = $1', [id]);
    expect(seen.rowCount).toBe(2);
    const may = "SELECT has_table_privilege($1, 'conversation_turn', 'SELECT') AS may";
    expect((await harness.pool.query(may, [role])).rows).toEqual([{ may: true }]);
    await switchTo('old', options);
    expect(await shapes()).toEqual(before);
  } finally {
    await dropStandby(harness.pool);
    await harness.pool.query(`REVOKE ALL ON conversation_turn FROM ${role}`);
    await harness.pool.query(`DROP ROLE ${role}`);
  }
});

test('projectors resume after each switch', async () => {
  const { projector } = await harness.start();
  await shadow(options);
  for (const role of ['new', 'old'] as const) {
    await switchTo(role, options);
    await waitUntil(() => projector.status().length === 4, { what: 'all partitions to be taken again' });
  }
  expect(await conversations(1)).toHaveLength(1);
});
