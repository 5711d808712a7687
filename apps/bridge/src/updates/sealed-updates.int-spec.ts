import { hash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { KeyStoreUnavailableError } from '#privacy';
import { MemoryKeyStore, testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import type { TestDatabase } from '../../../../libs/read-models/src/test-support.ts';
import { Script } from '../../../../libs/read-models/src/test-support.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { SessionFinder } from '../references/session-finder.ts';
import { LateHarness, mention, start, updateAbout } from './test-updates.ts';

const tables = ['reference_index', 'kept_update', 'kept_update_reference', 'reference_owner'];
let database: TestDatabase;
let store: MemoryKeyStore;
let harness: LateHarness;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(
    `INSERT INTO bridge_slot (slot, prefixes, owner, epoch) VALUES (0, '{session-0}', 'spec', 1)`,
  );
});
beforeEach(async () => {
  await database.pool.query(`TRUNCATE ${tables.join(', ')}`);
  store = new MemoryKeyStore();
  harness = new LateHarness(database.pool, 'refuse', testDataKeys(store));
});
afterAll(() => database.drop());

const update = (about: Parameters<typeof updateAbout>[0]): ReturnType<typeof updateAbout> =>
  updateAbout(about, { data: { status: 'CANARY-status' }, reference: 'CANARY-order' });

/** Kept updates of an identity; null: of any. */
async function rowsWith(identity: Buffer | null): Promise<number | null> {
  const sql = 'SELECT FROM kept_update WHERE $1::bytea IS NULL OR identity = $1';
  return (await database.pool.query(sql, [identity])).rowCount;
}

/** All rows of the tables, as one text. */
async function stored(): Promise<string> {
  const all = await Promise.all(
    tables.map((table) => database.pool.query<{ row: string }>(`SELECT t::text AS row FROM ${table} AS t`)),
  );
  return all.flatMap(({ rows }) => rows.map(({ row }) => row)).join('\n');
}

test('no table reveals an update’s content or order', async () => {
  const session = new Script();
  await harness.receive(update({ order: 'CANARY-order', partner: 'P1' }), update({ order: 'CANARY-order' }));
  await harness.indexed(session, start('P1'), mention({ order_id: 'CANARY-order' }));
  expect(harness.recorded).toHaveLength(2);
  expect(await stored()).toContain('P1');
  expect(await stored()).not.toContain('CANARY');
});

/** The partners that have keys. */
const keyOwners = (): string[] => [...store.keys.values()].map(({ partner_id }) => partner_id).sort();

test('an update that names a partner who has a key is sealed with it', async () => {
  await testDataKeys(store).of('P1');
  await harness.receive(update({ order: 'O1', partner: 'P1' }));
  expect(keyOwners()).toEqual(['/index', 'P1']);
});

test.each(['refuse', 'allow'] as const)(
  'an update about an order of a partner who has a key is sealed with it (%s)',
  async (mode) => {
    harness = new LateHarness(database.pool, mode, testDataKeys(store));
    await testDataKeys(store).of('P1');
    await harness.receive(update({ order: 'O1', partner: 'P1' }), update({ order: 'O1' }));
    expect(keyOwners()).toEqual(['/index', 'P1']);
  },
);

test('an update without a partner with a key is sealed with the key of the day', async () => {
  await harness.receive(update({ order: 'O1', partner: 'P1' }), update({ order: 'O2' }));
  expect(keyOwners()).toEqual(['/index', expect.stringMatching(/^\/kept\/\d{4}-\d\d-\d\d$/)]);
});

test.each(['9876543210', 'ravi@example.in', '/index', '/kept/2026-11-29'])(
  'a partner named %s gets no key, and is in no table',
  async (partner) => {
    await harness.receive(update({ order: 'O1', partner }));
    expect(keyOwners()).toEqual(['/index', `/kept/${new Date().toISOString().slice(0, 10)}`]);
    expect(await stored()).not.toContain(partner);
  },
);

test('an older session of a partner with such an id is found, and gets its updates', async () => {
  const session = new Script();
  await harness.receive(update({ partner: '9876543210' }));
  await harness.indexed(session, start('9876543210'));
  expect(harness.recorded).toHaveLength(1);
  const finder = new SessionFinder(database.pool, testDataKeys(store));
  const [page] = await finder.first(await harness.ownership.addressees([{ partner: '9876543210' }]));
  expect(page?.sessions).toEqual([session.sessionId]);
});

test('an update that names such a partner enters no session of another', async () => {
  await harness.receive(update({ order: 'O1', partner: '9876543210' }));
  await harness.indexed(new Script(), start('P1'), mention({ order_id: 'O1' }));
  expect(harness.recorded).toEqual([]);
});

test('sessions are found by an order, and by one that was indexed before there were keys', async () => {
  const [before, now] = [new Script(), new Script()];
  await new LateHarness(database.pool).indexed(before, start('P1'), mention({ order_id: 'O1' }));
  await harness.indexed(now, start('P1'), mention({ order_id: 'O1' }));
  const finder = new SessionFinder(database.pool, testDataKeys(store));
  const [page] = await finder.first([{ references: [{ kind: 'order', reference: 'O1' }], partner: null }]);
  expect(page?.sessions).toEqual([before.sessionId, now.sessionId].sort());
});

test('the id of an update cannot be found by guessing', async () => {
  const kept = update({ order: 'O1' });
  const guessed = (): Promise<number | null> => {
    const { system, source_event_id } = kept.update;
    const identity = hash('sha256', `${system}\0${source_event_id}`, 'buffer');
    return rowsWith(identity);
  };
  await harness.receive(kept, kept);
  expect([await rowsWith(null), await guessed()]).toEqual([1, 0]);
});

test('an update kept before encryption is recognised when it is repeated', async () => {
  const kept = update({ order: 'O1' });
  await new LateHarness(database.pool).receive(kept);
  await harness.receive(kept);
  expect(await rowsWith(null)).toBe(1);
  expect(await stored()).not.toContain('CANARY');
  await harness.indexed(new Script(), start('P1'), mention({ order_id: 'O1' }));
  expect(harness.recorded).toHaveLength(1);
});

test('an update kept before encryption is recorded late', async () => {
  await new LateHarness(database.pool).receive(update({ order: 'O1' }));
  await harness.indexed(new Script(), start('P1'), mention({ order_id: 'O1' }));
  expect(harness.recorded).toHaveLength(1);
});

test('the partner of an order is known, including owners stored before encryption', async () => {
  await new LateHarness(database.pool).receive(update({ order: 'O1', partner: 'P1' }));
  await harness.receive(update({ order: 'O2', partner: 'P2' }));
  const addressees = await harness.ownership.addressees([{ order: 'O1' }, { order: 'O2' }, { order: 'O3' }]);
  expect(addressees.map(({ partner }) => partner)).toEqual(['P1', 'P2', null]);
});

test('an update whose key is destroyed is not kept any more', async () => {
  await testDataKeys(store).of('P1');
  await harness.receive(update({ order: 'O1', partner: 'P1' }));
  await store.destroy('P1', '2100-01-01T00:00:00.000Z');
  harness = new LateHarness(database.pool, 'refuse', testDataKeys(store));
  await harness.indexed(new Script(), start('P1'), mention({ order_id: 'O1' }));
  expect(harness.recorded).toEqual([]);
});

test('without the key store nothing is kept, not even in plain text', async () => {
  store.current = async () => Promise.reject(new KeyStoreUnavailableError());
  await expect(harness.kept.keep([update({ order: 'O1' })])).rejects.toThrow(KeyStoreUnavailableError);
  expect(await stored()).toBe('');
});
