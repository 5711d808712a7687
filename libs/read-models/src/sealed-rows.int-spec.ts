import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { PartitionLeaseStore } from '#partitions';
import { KeyStoreUnavailableError } from '#privacy';
import { MemoryKeyStore, testDataKeys } from '../../privacy/src/keys/test-keys.ts';
import { listTurns } from './queries/turns.ts';
import type { TestDatabase } from './test-support.ts';
import { createDatabase, Script, startSession, turn } from './test-support.ts';
import type { Writer } from './tables/owner.ts';
import { rewriteSession } from './tables/rewrite.ts';
import { RowsStore } from './tables/store.ts';

class KeyStore extends MemoryKeyStore {
  fails = false;

  override async current(partnerId: string) {
    if (this.fails) throw new KeyStoreUnavailableError();
    return super.current(partnerId);
  }
}

let database: TestDatabase;
let writer: Writer;
let keyStore: KeyStore;
let position = 0n;
beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(async () => {
  keyStore = new KeyStore();
  await database.pool.query('TRUNCATE conversation_session, conversation_turn, projection_slot');
  const leases = new PartitionLeaseStore(database.pool, 'test', 60_000);
  await leases.ensure(1);
  const [lease] = await leases.claim(1, []);
  if (!lease) throw new Error('no partition');
  writer = { partition: lease.partition, epoch: lease.epoch, owner: 'test', position: null };
});
afterAll(() => database.drop());

async function write(
  script: Script,
  events: readonly RecordedEvent[],
  keys = testDataKeys(keyStore),
): Promise<void> {
  const items = events.map((event) => ({
    session_id: script.sessionId,
    event,
    position: (position += 10n),
  }));
  const rows = new RowsStore(database.pool, { textSearch: 'off', keys });
  expect(await rows.write(writer, items, position, null)).toEqual([]);
  writer = { ...writer, position };
}

/** A question with its answer, each in its own batch. */
async function conversation(partner_id: string): Promise<Script> {
  const script = new Script();
  const asked = randomUUID();
  await write(script, script.request({ ...startSession, partner_id } as typeof startSession));
  await write(
    script,
    script.request(turn(asked, { message_text: 'CANARY', extracted_entities: { order_id: 'CANARY' } })),
  );
  const answer = { sender: 'bot', message_text: 'CANARY 2', in_reply_to: asked } as const;
  await write(script, script.request(turn(randomUUID(), answer)));
  return script;
}

async function stored(): Promise<string> {
  const { rows } = await database.pool.query('SELECT * FROM conversation_turn');
  return JSON.stringify(rows);
}

test('rows hold no plain texts, and are read as they were, for several partners in one page', async () => {
  await conversation('P1');
  await conversation('P2');
  expect(await stored()).not.toContain('CANARY');
  const { items } = await listTurns(database.pool, { limit: 10 }, undefined, testDataKeys(keyStore));
  expect(items).toHaveLength(4);
  for (const item of items.filter(({ sender }) => sender === 'user'))
    expect(item).toMatchObject({
      message_text: 'CANARY',
      extracted_entities: { order_id: 'CANARY' },
      response_text: 'CANARY 2',
    });
  expect(items.find(({ sender }) => sender === 'bot')).toMatchObject({
    message_text: 'CANARY 2',
    response_text: null,
  });
});

test('rows of an erased partner are shown without their texts', async () => {
  await conversation('P1');
  await keyStore.destroy('P1', '2100-01-01T00:00:00.000Z');
  const { items } = await listTurns(database.pool, { limit: 1 }, undefined, testDataKeys(keyStore));
  expect(items).toMatchObject([
    {
      message_text: '[erased]',
      extracted_entities: {},
      response_text: '[erased]',
      parsed_intent: 'ask_payment_status',
    },
  ]);
});

test('rows written after the erasure of their partner hold no texts and create no key', async () => {
  await keyStore.beginErasure({
    partner_id: 'P1',
    receipt_id: randomUUID(),
    erased_at: '2026-11-30T00:00:00Z',
  });
  await conversation('P1');
  const { rows } = await database.pool.query('SELECT message_text FROM conversation_turn ORDER BY revision');
  expect(rows).toEqual([{ message_text: '[erased]' }, { message_text: '[erased]' }]);
  expect(await stored()).not.toContain('CANARY');
  expect(await keyStore.current('P1')).toBeUndefined();
});

test('a text that was copied to another row is not shown', async () => {
  await conversation('P1');
  await database.pool.query(
    `UPDATE conversation_turn SET message_text = (SELECT message_text FROM conversation_turn WHERE sender = 'bot')`,
  );
  const { items } = await listTurns(database.pool, { limit: 2 }, undefined, testDataKeys(keyStore));
  expect(items.map(({ message_text }) => message_text)).toEqual(['[unreadable]', 'CANARY 2']);
});

test('plain rows from before there were keys are shown, and sealed when their session is rewritten', async () => {
  const script = await (async () => {
    const plain = new RowsStore(database.pool, { textSearch: 'off' });
    const made = new Script();
    made.request({ ...startSession });
    made.request(turn(randomUUID(), { message_text: 'CANARY' }));
    const items = made.events.map((event) => ({
      session_id: made.sessionId,
      event,
      position: (position += 10n),
    }));
    await plain.write(writer, items, position, null);
    return made;
  })();
  const keys = testDataKeys(keyStore);
  const read = async (): Promise<unknown> =>
    (await listTurns(database.pool, { limit: 2 }, undefined, keys)).items;
  const before = await read();
  expect(before).toMatchObject([{ message_text: 'CANARY' }]);
  await rewriteSession(database.pool, writer, script.sessionId, script.events, null, keys, 'off');
  expect(await stored()).not.toContain('CANARY');
  expect(await read()).toEqual(before);
});

test('a session whose key cannot be opened is set aside, and the others are written', async () => {
  const keys = testDataKeys(keyStore);
  const { id } = await keys.of('P1');
  keys.forget('P1');
  const wrapped = { master_key_id: 'spec', ciphertext: new Uint8Array(60) };
  const damaged = await keyStore.byId(id);
  if (damaged) keyStore.keys.set(id, { ...damaged, wrapped });
  const [broken, whole] = [new Script(), new Script()];
  const itemsOf = (script: Script, partner_id: string) => {
    const start = { ...startSession, partner_id } as typeof startSession;
    const events = [...script.request(start), ...script.request(turn(randomUUID()))];
    return events.map((event) => ({ session_id: script.sessionId, event, position: (position += 10n) }));
  };
  const items = [...itemsOf(broken, 'P1'), ...itemsOf(whole, 'P2')];
  const rows = new RowsStore(database.pool, { textSearch: 'off', keys });
  const found = await rows.write(writer, items, position, null);
  // The first event with sealed data.
  expect(found).toMatchObject([{ session_id: broken.sessionId, revision: 1, reason: 'unknown_key' }]);
  expect(await stored()).toContain(whole.sessionId);
  expect(await stored()).not.toContain(broken.sessionId);
  const again = await rewriteSession(
    database.pool,
    writer,
    broken.sessionId,
    broken.events,
    null,
    keys,
    'off',
  );
  expect(again).toMatchObject({ revision: 1, reason: 'unknown_key' });
});

test('while the key is unavailable nothing is written', async () => {
  const script = new Script();
  keyStore.fails = true;
  const items = [...script.request({ ...startSession }), ...script.request(turn(randomUUID()))].map(
    (event) => ({
      session_id: script.sessionId,
      event,
      position: (position += 10n),
    }),
  );
  const rows = new RowsStore(database.pool, { textSearch: 'off', keys: testDataKeys(keyStore) });
  await expect(rows.write(writer, items, position, null)).rejects.toThrow(KeyStoreUnavailableError);
  expect(await stored()).toBe('[]');
});
