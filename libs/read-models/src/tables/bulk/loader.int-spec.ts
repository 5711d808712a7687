import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Pool } from 'pg';
import type { DataKeys } from '#privacy';
import { MemoryKeyStore, testDataKeys } from '../../../../privacy/src/keys/test-keys.ts';
import type { TestDatabase } from '../../test-support.ts';
import { createDatabase, rowsPool, Script, startSession, TablesWriter, turn } from '../../test-support.ts';
import { digestTables } from '../canonical-dump.ts';
import type { TableItem } from '../items.ts';
import { rebuildTables } from '../rebuild.ts';
import type { SetAside } from '../set-aside.ts';
import { listSetAside, setAsideEntry } from '../set-aside.ts';
import { rebuildConnectionSettings } from '../sql.ts';
import { correlationColumns, entityColumns, milestoneColumns, turnColumns, wordColumns } from './columns.ts';
import { BulkLoader } from './loader.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(() =>
  database.pool.query(
    `TRUNCATE conversation_session, conversation_turn, turn_entity, turn_word, session_milestone, session_reference, personal_token,
     projection_slot, set_aside_session, event_correlation`,
  ),
);
afterAll(() => database.drop());

const everything = Number.MAX_SAFE_INTEGER;

function deletion(session_id: string, before: number): TableItem {
  return { session_id, before, position: 0n };
}

/** Conversations with interleaved events, as in a store: turns with near and late replies, goals, channels, ends, deletions. */
function items(conversations: number): TableItem[] {
  const scripts = Array.from({ length: conversations }, () => new Script());
  const asked = new Map<Script, string[]>();
  const found: TableItem[] = [];
  const add = (script: Script, ...commands: Parameters<Script['request']>): void => {
    for (const event of script.request(...commands))
      found.push({ session_id: script.sessionId, event, position: 0n });
  };
  for (const [index, script] of scripts.entries())
    add(script, { ...startSession, partner_id: `P${index % 5}` } as typeof startSession);
  for (let round = 0; round < 12; round += 1)
    for (const [index, script] of scripts.entries()) {
      const kind = (index * 7 + round * 5) % 8;
      const open = asked.get(script) ?? [];
      if (kind < 4) {
        const id = randomUUID();
        asked.set(script, [...open, id]);
        const text = `Tab\there, line\nthere, \\N and a back\\slash ${index}.${round} 😀\0`;
        add(
          script,
          turn(id, { message_text: text, extracted_entities: { order_id: `O${index}`, note: 'a\\b' } }),
        );
      } else if (kind === 4 && open[0] !== undefined) {
        const reply = {
          sender: 'bot',
          in_reply_to: open[0],
          message_text: `Answer ${index}.${round}`,
        } as const;
        asked.set(script, open.slice(1));
        add(script, turn(randomUUID(), { ...reply, parsed_intent: null, bot_action: 'inform' }));
      } else if (kind === 5) add(script, { type: 'SetGoal', goal: `goal ${round}`, step: null });
      else if (kind === 6)
        add(script, { type: 'SwitchChannel', channel: round % 2 === 0 ? 'ivr' : 'mobile_app' });
      else if (round > 8 && index % 3 === 0) add(script, { type: 'EndSession', reason: null });
    }
  const [cut, over, early] = scripts.map(({ sessionId }) => sessionId) as [string, string, string];
  const middle = Math.floor(found.length / 2);
  const [before, after] = [found.slice(0, middle), found.slice(middle)];
  const later = after.filter(({ session_id }) => session_id !== early);
  const last = before.findLast(({ session_id }) => session_id === early);
  const next = last && 'event' in last ? last.event.revision + 1 : 0;
  const again = startedAgain(early, next, 6);
  const named = randomUUID();
  const all = [
    ...[0, 1].map((revision) => moved(named, revision)),
    ...before,
    deletion(early, everything),
    deletion(named, everything),
    ...again.slice(0, 3),
    deletion(early, next),
    ...later.slice(0, 100),
    moved(named, 2),
    deletion(named, 2),
    ...startedAgain(named, 3, 2),
    ...again.slice(3),
    ...later.slice(100),
    deletion(cut, 4),
    deletion(over, everything),
  ];
  return placed(all);
}

function placed(items: readonly TableItem[]): TableItem[] {
  return items.map((item, index) => ({ ...item, position: BigInt(index + 1) }));
}

/** The events of a session that starts at a revision, with some turns. */
function startedAgain(sessionId: string, revision: number, turns: number): TableItem[] {
  const script = new Script(sessionId);
  script.session = { ...script.session, revision: revision - 1 };
  script.request({ ...startSession });
  for (let number = 0; number < turns; number += 1)
    script.request(turn(randomUUID(), { extracted_entities: { order_id: `O${number}` } }));
  return script.events.map((event) => ({ session_id: sessionId, event, position: 0n }));
}

/** The move of a session that was only named: no row shows it. */
function moved(session_id: string, revision: number): TableItem {
  const [started] = new Script(session_id).request({ ...startSession });
  if (started === undefined) throw new Error('not started');
  const data = { move_id: randomUUID(), cell: 'a' };
  return { session_id, event: { ...started, type: 'SessionArrived', data, revision }, position: 0n };
}

function undecodable(session_id: string, revision: number): TableItem {
  const place = { revision, event_id: randomUUID(), type: 'TurnRecorded' };
  return { session_id, setAside: setAsideEntry(session_id, place, 'unknown_version'), position: 0n };
}

/** Rebuilds the tables in chunks. Returns the sessions that it sets aside. */
async function rebuilt(all: readonly TableItem[], size: number, keys?: DataKeys): Promise<SetAside[]> {
  const failures: SetAside[] = [];
  await rebuiltBy(async (filling, copying) => {
    const loader = new BulkLoader(filling, copying, keys, 'all', undefined, size);
    for (let from = 0; from < all.length; from += size)
      failures.push(...(await loader.write(all.slice(from, from + size))));
    await loader.finish();
  });
  return failures;
}

async function rebuiltBy(fill: (filling: Pool, copying: Pool) => Promise<void>): Promise<void> {
  const pools = [1, 2].map(() => rowsPool(database.url, rebuildConnectionSettings));
  const [filling, copying] = pools as [(typeof pools)[0], (typeof pools)[0]];
  await rebuildTables(database.pool, {
    fill: () => fill(filling, copying),
    reach: () => Promise.resolve(1n),
  });
  await Promise.all(pools.map((pool) => pool.end()));
}

/** Which events each session has of each correlation. Deleted events are not told apart. */
async function correlations(): Promise<unknown[]> {
  const { rows } = await database.pool.query<object>(
    'SELECT session_id, correlation, last_revision FROM event_correlation ORDER BY 1, 2',
  );
  return rows;
}

test.each([
  ['plain', 7, undefined],
  ['plain', 50, undefined],
  ['plain', 10_000, undefined],
  ['sealed', 40, testDataKeys(new MemoryKeyStore())],
])('%s tables filled in chunks of %d equal those written live', async (_, size, keys) => {
  const all = items(30);
  const tables = await TablesWriter.create(database.pool, keys, 'all');
  await tables.writeItems(all);
  const live = await digestTables(database.pool, keys);
  const found = await correlations();
  expect(live.conversation_turn.rows).toBeGreaterThan(100);
  expect(found.length).toBeGreaterThan(100);
  await rebuilt(all, size, keys);
  expect(await correlations()).toEqual(found);
  expect(await digestTables(database.pool, keys)).toEqual(live);
});

const id = randomUUID();

/** A session whose stream is deleted after its start and two turns, and what follows. */
const first = startedAgain(id, 0, 2);
const again = startedAgain(id, 4, 2);
test.each<[string, TableItem[], number[]]>([
  [
    'that starts again undecodably',
    [...first, deletion(id, everything), undecodable(id, 3), deletion(id, 3)],
    [3],
  ],
  ['that is truncated below an undecodable event', [...first, undecodable(id, 3), deletion(id, 2)], [3]],
  ['that is truncated at an undecodable event', [...first, undecodable(id, 3), deletion(id, 3)], [3]],
  ['that is truncated after an undecodable event', [...first, undecodable(id, 3), deletion(id, 4)], []],
  [
    'that starts again after an undecodable event',
    [...first, undecodable(id, 3), deletion(id, everything), ...again, deletion(id, 4)],
    [],
  ],
  [
    'that is deleted and fails in each life',
    [...first, undecodable(id, 3), deletion(id, everything), ...again, undecodable(id, 7), deletion(id, 4)],
    [7],
  ],
])('a session %s is set aside by bulk and live alike', async (_, parts, revisions) => {
  const all = placed(parts);
  const tables = await TablesWriter.create(database.pool, undefined, 'all');
  const listed = async (): Promise<number[]> =>
    (await listSetAside(database.pool)).map(({ revision }) => revision);
  const live = (await tables.writeItems(all)).map(({ revision }) => revision);
  expect([live, await listed()]).toEqual([revisions, revisions]);
  const digest = await digestTables(database.pool);
  const bulk = (await rebuilt(all, 10_000)).map(({ revision }) => revision);
  expect([bulk, await listed()]).toEqual([revisions, revisions]);
  expect(await digestTables(database.pool)).toEqual(digest);
});

test('a reply to a turn whose id another session uses, too, belongs to its own session', async () => {
  const shared = randomUUID();
  const reply = { sender: 'bot', in_reply_to: shared, parsed_intent: null } as const;
  const [one, other] = [new Script(), new Script()];
  for (const script of [one, other]) script.request({ ...startSession }, turn(shared));
  one.request(turn(randomUUID(), { ...reply, message_text: 'To one.' }));
  other.request(turn(randomUUID(), { ...reply, message_text: 'To the other.' }));
  const all = [one, other].map(({ sessionId: session_id, events }) =>
    events.map((event) => ({ session_id, event, position: 0n })),
  );
  const [[first, asked, answer], rest] = all as [[TableItem, TableItem, TableItem], TableItem[]];
  await rebuilt(placed([first, asked, ...rest, answer]), 10_000);
  const { rows } = await database.pool.query<{ session_id: string; response_text: string }>(
    'SELECT session_id, response_text FROM conversation_turn WHERE response_text IS NOT NULL',
  );
  expect(new Map(rows.map((row) => [row.session_id, row.response_text]))).toEqual(
    new Map([
      [one.sessionId, 'To one.'],
      [other.sessionId, 'To the other.'],
    ]),
  );
});

test('a chunk of long turns without replies ends before it has all events that it may have', async () => {
  const script = new Script();
  script.request({ ...startSession });
  const message_text = 'a'.repeat(24_000);
  for (let count = 0; count < 800; count += 1) script.request(turn(randomUUID(), { message_text }));
  const all = placed(script.events.map((event) => ({ session_id: script.sessionId, event, position: 0n })));
  let written: number | undefined;
  await rebuiltBy(async (filling, copying) => {
    const loader = new BulkLoader(filling, copying, undefined, 'all');
    for (let from = 0; from < all.length; from += 64) await loader.write(all.slice(from, from + 64));
    const { rows } = await filling.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM conversation_turn',
    );
    written = rows[0]?.count;
    await loader.finish();
  });
  expect(written).toBeGreaterThan(300);
});

test('a session that begins among the events is not looked up in the table', async () => {
  const [started, ...turns] = placed(startedAgain(randomUUID(), 0, 2));
  let lookUps = 0;
  await rebuiltBy(async (filling, copying) => {
    const query = jest.spyOn(filling, 'query');
    const loader = new BulkLoader(filling, copying, undefined, 'all');
    await loader.write([started, ...turns].flatMap((item) => item ?? []));
    lookUps = query.mock.calls.length;
    await loader.finish();
  });
  expect(lookUps).toBe(0);
  expect((await digestTables(database.pool)).conversation_turn.rows).toBe(2);
});

test('a later chunk that deletes a set-aside session takes it off the list', async () => {
  await rebuilt(placed([...first, undecodable(id, 3), deletion(id, everything)]), 4);
  expect(await listSetAside(database.pool)).toEqual([]);
});

test.each([
  ['conversation_turn', turnColumns],
  ['turn_entity', entityColumns],
  ['turn_word', wordColumns],
  ['session_milestone', milestoneColumns],
  ['event_correlation', correlationColumns],
])('every column of %s is filled', async (table, columns) => {
  const { rows } = await database.pool.query<{ name: string }>(
    'SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped',
    [table],
  );
  expect(Object.keys(columns).toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
});
