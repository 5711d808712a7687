import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { JsonObject, RecordedEvent } from '#domain';
import { PartitionLeaseStore } from '#partitions';
import { BlindIndex, stemOf, tokenOf } from '#privacy';
import { testDataKeys } from '../../privacy/src/keys/test-keys.ts';
import { eraseRows } from './erasure/rows.ts';
import { storedTokens } from './queries/tokens.ts';
import { listTurns } from './queries/turns.ts';
import type { TestDatabase } from './test-support.ts';
import { createDatabase, Script, startSession, turn } from './test-support.ts';
import { entityIndex } from './tables/entities.ts';
import type { Writer } from './tables/owner.ts';
import { rewriteSession } from './tables/rewrite.ts';
import { RowsStore } from './tables/store.ts';

const keys = testDataKeys();
const index = await BlindIndex.load(keys);
const phone = tokenOf(await keys.of('P1'), 'phone', '+919876543210');
let database: TestDatabase;
let rows: RowsStore;
let writer: Writer;
let position = 0n;

beforeAll(async () => {
  database = await createDatabase();
  rows = new RowsStore(database.pool, { textSearch: 'off', keys });
});
beforeEach(async () => {
  await database.pool.query(
    'TRUNCATE conversation_session, conversation_turn, projection_slot, personal_token, turn_entity',
  );
  const leases = new PartitionLeaseStore(database.pool, 'test', 60_000);
  await leases.ensure(1);
  const [lease] = await leases.claim(1, []);
  if (!lease) throw new Error('no partition');
  writer = { partition: lease.partition, epoch: lease.epoch, owner: 'test', position: null };
});
afterAll(() => database.drop());

/** A session with a turn with these entities, whose event brought a token. */
function conversation(extracted_entities: JsonObject): Script {
  const script = new Script();
  script.request(startSession);
  const at = script.events.length;
  script.request(turn(randomUUID(), { extracted_entities }));
  const event = script.events[at] as RecordedEvent;
  const metadata = { ...event.metadata, partner_id: 'P1', tokens: { [stemOf(phone)]: 'sealed' } };
  script.events[at] = { ...event, metadata };
  return script;
}

async function write(...scripts: Script[]): Promise<void> {
  const items = scripts.flatMap(({ sessionId, events }) =>
    events.map((event) => ({ session_id: sessionId, event, position: (position += 10n) })),
  );
  await rows.write(writer, items, position, null);
  writer = { ...writer, position };
}

async function found(name: string, value: string): Promise<string[]> {
  const { items } = await listTurns(database.pool, {
    limit: 10,
    blind_index: entityIndex(index, name, value),
  });
  return items.map(({ session_id }) => session_id);
}

test('a turn is found by the value of an entity in any spelling', async () => {
  const scripts = [
    conversation({ city: 'Pune', months: ['Oct', 'Nov'] }),
    conversation({ city: 'Nashik', at: { city: 'pune' } }),
  ];
  await write(...scripts);
  const ids = scripts.map(({ sessionId }) => sessionId).toSorted();
  expect((await found('city', ' PUNE ')).toSorted()).toEqual(ids);
  expect(await found('months', 'nov')).toEqual([scripts[0]?.sessionId]);
  expect(await found('month', 'nov')).toEqual([]);
});

test('the index contains no plain values of entities', async () => {
  await write(conversation({ city: 'Pune' }));
  const { rows: all } = await database.pool.query('SELECT turn_entity::text AS text FROM turn_entity');
  expect(all).toHaveLength(1);
  expect(JSON.stringify(all).toLowerCase()).not.toContain('pune');
});

test('a token has its sealed value once for each session that brought it, without its last digits', async () => {
  const script = conversation({});
  await write(script, conversation({}));
  const { rows: all } = await database.pool.query<{ token: string }>('SELECT * FROM personal_token');
  expect(all.map(({ token }) => token)).toEqual([stemOf(phone), stemOf(phone)]);
  expect(await storedTokens(database.pool, 'P1', [stemOf(phone), 'tok_phone_other'])).toEqual([
    {
      token: stemOf(phone),
      type: 'phone',
      sealed: 'sealed',
      session_id: expect.any(String),
      event_id: expect.any(String),
    },
  ]);
  expect(await storedTokens(database.pool, 'P2', [stemOf(phone)])).toEqual([]);
});

test('tokens and entities are deleted with their events, and restored when the rows are rewritten', async () => {
  const script = conversation({ city: 'Pune' });
  await write(script);
  await rows.write(
    writer,
    [{ session_id: script.sessionId, before: 99, position: (position += 10n) }],
    position,
    null,
  );
  writer = { ...writer, position };
  expect([await storedTokens(database.pool, 'P1'), await found('city', 'Pune')]).toEqual([[], []]);
  await rewriteSession(database.pool, writer, script.sessionId, script.events, null, keys, 'off');
  expect(await storedTokens(database.pool, 'P1')).toHaveLength(1);
  expect(await found('city', 'Pune')).toEqual([script.sessionId]);
});

test('erased sessions keep no tokens or entities, and later sessions of the partner keep theirs', async () => {
  const [old, later] = [conversation({ city: 'Pune' }), conversation({ city: 'Nashik' })];
  await write(old, later);
  const before = new Date().toISOString();
  await eraseRows(database.pool, { partner_id: 'P1', before, session_ids: [old.sessionId] });
  expect([await found('city', 'Pune'), await found('city', 'Nashik')]).toEqual([[], [later.sessionId]]);
  expect(await storedTokens(database.pool, 'P1')).toMatchObject([{ session_id: later.sessionId }]);
  await eraseRows(database.pool, { partner_id: 'P1', before, session_ids: [old.sessionId, later.sessionId] });
  expect(await storedTokens(database.pool, 'P1')).toEqual([]);
});
