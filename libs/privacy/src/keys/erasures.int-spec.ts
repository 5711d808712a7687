import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '#platform';
import type { TestDatabase } from '../../../platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../platform/src/testing/test-services.ts';
import { PartnerErasedError } from './errors.ts';
import type { Erasure, KeyStore, StoredKey } from './key-store.ts';
import { openKeyStore } from './open-key-store.ts';
import { MemoryKeyStore } from './test-keys.ts';

const logger = createLogger('keys', 'silent');
const dir = mkdtempSync(join(tmpdir(), 'turnstream-erasures-'));
const at = '2026-11-29T08:00:00.000Z';
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase('', 0);
});
afterAll(async () => {
  await database.drop();
  rmSync(dir, { recursive: true });
});

function newKey(partner_id: string, created_at = '2026-11-29T07:00:00.000Z'): StoredKey {
  const wrapped = { master_key_id: 'mk-1', ciphertext: randomBytes(60) };
  return { key_id: randomUUID(), partner_id, wrapped, created_at, destroyed_at: null };
}

describe.each<[string, () => KeyStore]>([
  ['in memory', () => new MemoryKeyStore()],
  ['in a file', () => openKeyStore(`file:${dir}/contract/keys.db`, logger)],
  ['in PostgreSQL', () => openKeyStore(database.url, logger)],
])('a key store %s', (_, open) => {
  let store: KeyStore;
  let partner: string;
  beforeAll(() => {
    store = open();
  });
  beforeEach(() => {
    partner = `P-${randomUUID()}`;
  });
  afterAll(() => store.close());

  const erasure = (n: number): Erasure => ({
    partner_id: partner,
    receipt_id: `${partner} ${n}`,
    erased_at: at,
  });

  test('destroys a key as it is wrapped, and not one that was adopted again', async () => {
    const key = await store.add(newKey(partner));
    await store.adopt({ ...key, wrapped: newKey(partner).wrapped });
    expect(await store.destroyAsIs(key)).toBe(false);
    const again = (await store.current(partner)) ?? key;
    expect([await store.destroyAsIs(again), await store.destroyAsIs(again)]).toEqual([true, false]);
    expect(await store.byId(key.key_id)).toMatchObject({ wrapped: null, destroyed_at: expect.any(String) });
  });

  test('creates no key for a partner whose erasure has begun, with or without an earlier key', async () => {
    expect(await store.lastErasure(partner)).toBeUndefined();
    await store.beginErasure(erasure(1));
    await expect(store.add(newKey(partner))).rejects.toThrow(PartnerErasedError);
    await expect(store.add(newKey(partner), 'another receipt')).rejects.toThrow(PartnerErasedError);
    expect(await store.current(partner)).toBeUndefined();
    expect(await store.lastErasure(partner)).toBe(erasure(1).receipt_id);
  });

  test('creates a key for a partner who starts again and names the last erasure', async () => {
    await store.beginErasure(erasure(1));
    const key = await store.add(newKey(partner), erasure(1).receipt_id);
    expect(await store.current(partner)).toEqual({ ...key, created_at: at });
    const before = await store.beginErasure(erasure(2));
    await store.destroy(partner, before);
    await expect(store.add(newKey(partner), erasure(1).receipt_id)).rejects.toThrow(PartnerErasedError);
    expect(await store.add(newKey(partner), erasure(2).receipt_id)).toMatchObject({ created_at: before });
  });

  test('says which keys an erasure destroyed, also when it is repeated', async () => {
    const first = await store.add(newKey(partner));
    const before = await store.beginErasure(erasure(1));
    for (const _ of [1, 2]) expect(await store.destroy(partner, before)).toEqual([first.key_id]);
    const second = await store.add(newKey(partner), erasure(1).receipt_id);
    const later = await store.beginErasure(erasure(2));
    for (const _ of [1, 2]) expect(await store.destroy(partner, later)).toEqual([second.key_id]);
  });

  test('destroys every key from before an erasure and none from after it, whatever the clocks say', async () => {
    const ahead = '2026-11-29T09:00:00.000Z';
    await store.add(newKey(partner, ahead));
    const before = await store.beginErasure(erasure(1));
    expect(before > ahead).toBe(true);
    await store.destroy(partner, before);
    expect(await store.current(partner)).toBeUndefined();
    const next = await store.add(newKey(partner), erasure(1).receipt_id);
    // Another process continues from what the first one has done.
    await store.destroy(partner, await store.beginErasure(erasure(1)));
    expect(await store.current(partner)).toEqual(next);
  });

  test('leaves no key behind when processes create keys during an erasure', async () => {
    const others = Array.from({ length: 3 }, () => (store instanceof MemoryKeyStore ? store : open()));
    for (const n of Array.from({ length: 20 }, (_, index) => index)) {
      partner = `P-${randomUUID()}`;
      const adding = others.map((other) => other.add(newKey(partner)).catch(() => undefined));
      if (n % 2 === 0) await adding[0];
      await store.destroy(partner, await store.beginErasure(erasure(n)));
      await Promise.all(adding);
      expect(await store.current(partner)).toBeUndefined();
    }
    for (const other of others) if (other !== store) await other.close();
  });
});

test('a file of an earlier release works', async () => {
  const path = `${dir}/before/keys.db`;
  await openKeyStore(`file:${path}`, logger).ping();
  const before = new DatabaseSync(path);
  before.exec('DROP INDEX erasure_ledger_partner');
  before.close();
  const store = openKeyStore(`file:${path}`, logger);
  await store.beginErasure({ partner_id: 'P1', receipt_id: 'R1', erased_at: at });
  await expect(store.add(newKey('P1'))).rejects.toThrow(PartnerErasedError);
  await store.close();
  const after = new DatabaseSync(path);
  const sql = `SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'erasure_ledger'`;
  expect(after.prepare(sql).all()).toContainEqual({ name: 'erasure_ledger_partner' });
  after.close();
});
