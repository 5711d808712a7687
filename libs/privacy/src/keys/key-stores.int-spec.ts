import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger, sleep } from '#platform';
import type { TestDatabase } from '../../../platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../platform/src/testing/test-services.ts';
import { tcpProxy } from '../../../platform/src/testing/tcp-proxy.ts';
import { KeyStoreUnavailableError } from './errors.ts';
import type { KeyStore, StoredKey } from './key-store.ts';
import { openKeyStore } from './open-key-store.ts';
import { MemoryKeyStore } from './test-keys.ts';

const logger = createLogger('keys', 'silent');
const dir = mkdtempSync(join(tmpdir(), 'turnstream-keys-'));
const at = '2026-11-29T08:00:00.000Z';
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase('', 0);
});
afterAll(async () => {
  await database.drop();
  rmSync(dir, { recursive: true });
});

function newKey(partner_id: string, more: Partial<StoredKey> = {}): StoredKey {
  const wrapped = { master_key_id: 'mk-1', ciphertext: randomBytes(60) };
  const created_at = '2026-11-29T07:00:00.000Z';
  return { key_id: randomUUID(), partner_id, wrapped, created_at, destroyed_at: null, ...more };
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

  test('returns a key as it was added', async () => {
    const key = newKey(partner);
    expect(await store.add(key)).toEqual(key);
    expect(await store.current(partner)).toEqual(key);
    expect(await store.byId(key.key_id)).toEqual(key);
  });

  test('returns no other keys', async () => {
    expect(await store.current(partner)).toBeUndefined();
    expect(await store.byId(randomUUID())).toBeUndefined();
    expect(await store.byId('none')).toBeUndefined();
  });

  test('accepts the id of a key in no other form, to read or to rewrap', async () => {
    const { key_id, wrapped } = await store.add(newKey(partner));
    if (wrapped === null) throw new Error('not wrapped');
    for (const other of [key_id.toUpperCase(), key_id.replaceAll('-', ''), 'none', `${key_id}\0`]) {
      expect(await store.byId(other)).toBeUndefined();
      expect(await store.rewrap(other, wrapped, wrapped)).toBe(false);
    }
  });

  test('keeps one key of a partner when several are added', async () => {
    const added = await Promise.all([store.add(newKey(partner)), store.add(newKey(partner))]);
    expect(added[1]).toEqual(added[0]);
    expect(await store.add(newKey(partner))).toEqual(added[0]);
  });

  test('destroys the key of a partner irreversibly', async () => {
    const key = await store.add(newKey(partner));
    expect(await store.destroy(partner, at)).toEqual([key.key_id]);
    expect(await store.current(partner)).toBeUndefined();
    expect(await store.byId(key.key_id)).toEqual({ ...key, wrapped: null, destroyed_at: at });
  });

  test('adopts the key of another store, even if it was destroyed here', async () => {
    const key = newKey(partner);
    await store.adopt(key);
    await store.destroy(partner, at);
    await store.adopt(key);
    expect(await store.current(partner)).toEqual(key);
  });

  test('destroys a destroyed key without a change', async () => {
    const { key_id } = await store.add(newKey(partner));
    await store.destroy(partner, at);
    expect(await store.destroy(partner, '2027-01-01T00:00:00.000Z')).toEqual([]);
    expect((await store.byId(key_id))?.destroyed_at).toBe(at);
  });

  test('creates a new key for a partner whose key is destroyed', async () => {
    const first = await store.add(newKey(partner));
    await store.destroy(partner, at);
    const second = await store.add(newKey(partner));
    expect((await store.current(partner))?.key_id).toBe(second.key_id);
    expect(await store.destroy(partner, at)).toEqual([first.key_id]);
  });

  test('destroys keys created before, and dates the next key later', async () => {
    const key = newKey(partner);
    await store.add(key);
    await store.destroy(partner, key.created_at);
    expect(await store.current(partner)).toEqual(key);
    await store.destroy(partner, at);
    expect(await store.add(newKey(partner))).toMatchObject({ created_at: at });
  });

  test('lists the living keys of several partners', async () => {
    const [key, gone] = [newKey(partner), newKey(`${partner}-2`)];
    await store.add(key);
    await store.add(gone);
    await store.destroy(gone.partner_id, at);
    expect(await store.living([gone.partner_id, partner, 'nobody'])).toEqual([key]);
  });

  test('has a ledger of erasures with each receipt once', async () => {
    const receipts = [0, 1].map((n) => ({
      partner_id: partner,
      receipt_id: randomUUID(),
      erased_at: `2026-11-0${n + 1}T00:00:00.000Z`,
      reason_class: n === 0 ? 'request' : null,
    }));
    for (const receipt of receipts.toReversed()) await store.recordErasure(receipt);
    for (const receipt of receipts) await store.recordErasure(receipt);
    const all = await store.erasures();
    const later = await store.erasures('2026-11-01T00:00:00.000Z');
    expect(all.filter(({ partner_id }) => partner_id === partner)).toEqual(receipts);
    expect(later.filter(({ partner_id }) => partner_id === partner)).toEqual(receipts.slice(1));
  });

  test('lists the living keys that another master key wraps', async () => {
    const others = await store.wrappedByOthers('mk-1', 1_000);
    const wrapped = { master_key_id: 'mk-0', ciphertext: randomBytes(60) };
    const key = await store.add(newKey(partner, { wrapped }));
    expect(others).toEqual([]);
    expect(await store.wrappedByOthers('mk-1', 1_000)).toEqual([key]);
    expect((await store.counts()).wrapped_by).toMatchObject({ 'mk-0': 1 });
    await store.destroy(partner, at);
    expect(await store.wrappedByOthers('mk-1', 1_000)).toEqual([]);
  });

  test('rewraps a key unless it has changed', async () => {
    const { key_id, wrapped } = await store.add(newKey(partner));
    if (wrapped === null) throw new Error('not wrapped');
    const to = { master_key_id: 'mk-1', ciphertext: randomBytes(60) };
    expect(await store.rewrap(key_id, wrapped, to)).toBe(true);
    expect((await store.byId(key_id))?.wrapped).toEqual(to);
    expect(await store.rewrap(key_id, wrapped, to)).toBe(false);
    await store.destroy(partner, at);
    expect(await store.rewrap(key_id, to, wrapped)).toBe(false);
    expect((await store.byId(key_id))?.wrapped).toBeNull();
  });

  test('lists the living keys under a prefix that are old', async () => {
    const prefix = `/topic/${randomUUID()}`;
    const old = await store.add(newKey(`${prefix}/1`));
    await store.add(newKey(`${prefix}/2`, { created_at: at }));
    expect(await store.madeBefore(prefix, at)).toEqual([old]);
  });

  test('answers', async () => {
    await store.ping();
    expect((await store.counts()).destroyed).toBeGreaterThan(0);
  });
});

describe('a file of keys', () => {
  test('contains nothing of a destroyed key', async () => {
    const store = openKeyStore(`file:${dir}/gone/keys.db`, logger);
    const secrets = Array.from({ length: 40 }, (_, n) => ({ partner: `P${n}`, bytes: randomBytes(60) }));
    for (const { partner, bytes } of secrets)
      await store.add(newKey(partner, { wrapped: { master_key_id: 'mk-1', ciphertext: bytes } }));
    const found = (): number =>
      secrets.filter(({ bytes }) =>
        readdirSync(join(dir, 'gone')).some((name) => readFileSync(join(dir, 'gone', name)).includes(bytes)),
      ).length;
    expect(found()).toBe(40);
    for (const { partner } of secrets.slice(0, 30)) await store.destroy(partner, at);
    expect(found()).toBe(10);
    await store.close();
  });

  test('is readable by its user only', async () => {
    const store = openKeyStore(`file:${dir}/alone/keys.db`, logger);
    await store.ping();
    const modes = readdirSync(join(dir, 'alone')).map(
      (name) => statSync(join(dir, 'alone', name)).mode & 0o077,
    );
    expect(new Set(modes)).toEqual(new Set([0]));
    await store.close();
  });

  test('supports several concurrent writers', async () => {
    const stores = Array.from({ length: 4 }, () => openKeyStore(`file:${dir}/shared/keys.db`, logger));
    const partners = Array.from({ length: 50 }, (_, n) => `P${n}`);
    const added = await Promise.all(
      stores.map((store) => Promise.all(partners.map((partner) => store.add(newKey(partner))))),
    );
    for (const keys of added) expect(keys).toEqual(added[0]);
    await Promise.all(stores.map((store) => store.close()));
  });

  test('waits for another process that writes, but not for ever', async () => {
    const store = openKeyStore(`file:${dir}/busy/keys.db`, logger);
    await store.ping();
    const other = new DatabaseSync(`${dir}/busy/keys.db`);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.add(newKey('P1'))).rejects.toThrow(KeyStoreUnavailableError);
    const adding = store.add(newKey('P1'));
    other.exec('COMMIT');
    expect((await adding).partner_id).toBe('P1');
    other.close();
    await store.close();
  });

  test('shows other processes what it wrote after waiting for one', async () => {
    const file = `file:${dir}/waited/keys.db`;
    const [store, reader] = [openKeyStore(file, logger), openKeyStore(file, logger)];
    await store.ping();
    const writer = new DatabaseSync(`${dir}/waited/keys.db`);
    writer.exec('BEGIN IMMEDIATE');
    const [first, second] = [newKey('P1'), newKey('P2')];
    const adding = store.add(first);
    await sleep(50);
    writer.exec('COMMIT');
    await adding;
    await store.add(second);
    expect(await reader.byId(first.key_id)).toEqual(first);
    expect(await reader.byId(second.key_id)).toEqual(second);
    writer.close();
    await Promise.all([store.close(), reader.close()]);
  });

  test('that cannot be created is unavailable', async () => {
    const store = openKeyStore('file:/proc/none/keys.db', logger);
    await expect(store.current('P1')).rejects.toThrow(KeyStoreUnavailableError);
  });
});

describe('a PostgreSQL of keys', () => {
  test('that hangs is unavailable within seconds, and recovers', async () => {
    const proxy = await tcpProxy(database.url);
    const store = openKeyStore(proxy.url, logger);
    await store.ping();
    proxy.delay(Infinity);
    await expect(store.current('P1')).rejects.toThrow(KeyStoreUnavailableError);
    await proxy.restore();
    await store.ping();
    await proxy.cut();
    await expect(store.current('P1')).rejects.toThrow(KeyStoreUnavailableError);
    await proxy.restore();
    await store.ping();
    await store.close();
    await proxy.cut();
  });

  test('finds a key by an index', async () => {
    const fresh = await createTestDatabase('', 0);
    const store = openKeyStore(fresh.url, logger);
    const { key_id, wrapped } = await store.add(newKey('P1'));
    if (wrapped === null) throw new Error('not wrapped');
    await store.close();
    // As if the table were too large for a sequential scan.
    await fresh.pool.query(
      `ALTER DATABASE "${new URL(fresh.url).pathname.slice(1)}" SET enable_seqscan = off`,
    );
    const again = openKeyStore(fresh.url, logger);
    const scans = async (): Promise<number> => {
      const sql = "SELECT seq_scan::integer FROM pg_stat_user_tables WHERE relname = 'data_key'";
      return (await fresh.pool.query<{ seq_scan: number }>(sql)).rows[0]?.seq_scan ?? 0;
    };
    const before = await scans();
    expect((await again.byId(key_id))?.key_id).toBe(key_id);
    expect(await again.rewrap(key_id, wrapped, wrapped)).toBe(true);
    // A connection reports its statistics when it ends.
    await again.close();
    expect(await scans()).toBe(before);
    await fresh.drop();
  });

  test('is created once by processes that start at once', async () => {
    const fresh = await createTestDatabase('', 0);
    const stores = Array.from({ length: 4 }, () => openKeyStore(fresh.url, logger));
    const pings = await Promise.allSettled(stores.map((store) => store.ping()));
    expect(new Set(pings.map(({ status }) => status))).toEqual(new Set(['fulfilled']));
    await Promise.all(stores.map((store) => store.close()));
    await fresh.drop();
  });
});
