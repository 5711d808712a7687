import { expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { MemoryKeyStore, testDataKeys, testMasterKeys } from './test-keys.ts';
import type { MasterKeys } from './master-keys.ts';
import { destroyOld } from './destroy-old.ts';
import { DataKeys, erased } from './data-keys.ts';
import {
  KeyStoreUnavailableError,
  MasterKeyMissingError,
  PartnerErasedError,
  UnknownKeyError,
} from './errors.ts';

test('a partner has one key, whichever process asks first', async () => {
  const store = new MemoryKeyStore();
  const [one, other] = [testDataKeys(store), testDataKeys(store)];
  const [first, second] = await Promise.all([one.of('P1'), other.of('P1')]);
  expect(second.id).toBe(first.id);
  expect(second.encryption.equals(first.encryption)).toBe(true);
});

test('an unused key leaves the memory after its time', async () => {
  const keys = new DataKeys(new MemoryKeyStore(), testMasterKeys, { keepMs: 20 });
  await keys.of('P1');
  await waitUntil(() => keys.size === 0, { what: 'the key to leave the memory' });
  expect(keys.size).toBe(0);
});

test('the keys used last stay in memory, as many as allowed; others are read again', async () => {
  const keys = new DataKeys(new MemoryKeyStore(), testMasterKeys, { max: 2 });
  const { id } = await keys.of('P1');
  for (const partner of ['P2', 'P3']) await keys.of(partner);
  expect(keys.size).toBe(2);
  expect([keys.cachedOf('P1'), keys.cached(id)]).toEqual([undefined, undefined]);
  expect((await keys.of('P1')).id).toBe(id);
});

test('a destroyed key stays erased, and the partner can start again', async () => {
  const store = new MemoryKeyStore();
  const keys = testDataKeys(store);
  const { id } = await keys.of('P1');
  await store.destroy('P1', '2100-01-01T00:00:00.000Z');
  keys.forget('P1');
  expect(await keys.byId(id)).toBe(erased);
  expect((await keys.of('P1')).id).not.toBe(id);
});

test('a key that comes back with its partner is read again', async () => {
  const store = new MemoryKeyStore();
  const keys = testDataKeys(store);
  const { id } = await keys.of('P1');
  const key = store.keys.get(id);
  await keys.destroy('P1', '2100-01-01T00:00:00.000Z');
  expect(await keys.byId(id)).toBe(erased);
  if (key) await store.adopt(key);
  keys.forget('P1');
  expect(await keys.byId(id)).toMatchObject({ id, partner_id: 'P1' });
});

test('a process with the key from before an erasure in memory seals with the new key', async () => {
  const store = new MemoryKeyStore();
  const [keys, late] = [testDataKeys(store), testDataKeys(store)];
  const { id } = await late.of('P1');
  const erasure = { partner_id: 'P1', receipt_id: 'R1', erased_at: '2026-11-29T08:00:00.000Z' };
  await keys.destroy('P1', await keys.beginErasure(erasure));
  await expect(keys.of('P1')).rejects.toThrow(PartnerErasedError);
  const next = await keys.of('P1', 'R1');
  expect(next.id).not.toBe(id);
  // It reads what the new key has sealed.
  await late.byId(next.id);
  expect((await late.of('P1')).id).toBe(next.id);
  expect((await testDataKeys(store).of('P1', 'R1')).id).toBe(next.id);
});

test('a key that was never created is unknown', async () => {
  await expect(testDataKeys().byId('none')).rejects.toThrow(UnknownKeyError);
});

/** A store that counts its calls and can be stopped. */
class CountingStore extends MemoryKeyStore {
  calls = 0;
  isAbsent = false;

  override async current(partnerId: string): ReturnType<MemoryKeyStore['current']> {
    this.calls += 1;
    if (this.isAbsent) throw new KeyStoreUnavailableError();
    return super.current(partnerId);
  }
}

test('concurrent requests for one key ask the store once', async () => {
  const store = new CountingStore();
  const keys = testDataKeys(store);
  const found = await Promise.all(Array.from({ length: 20 }, () => keys.of('P1')));
  expect(new Set(found).size).toBe(1);
  expect(store.calls).toBe(1);
});

test('an unavailable key store is asked once, then not for a while; keys in memory still work', async () => {
  const store = new CountingStore();
  const keys = new DataKeys(store, testMasterKeys, { retryMs: 60_000 });
  const known = await keys.of('P1');
  store.isAbsent = true;
  for (const partner of ['P2', 'P3', 'P4'])
    await expect(keys.of(partner)).rejects.toThrow(KeyStoreUnavailableError);
  expect(store.calls).toBe(2);
  expect(await keys.of('P1')).toBe(known);
});

test('a missing master key affects only what it wrapped', async () => {
  const store = new MemoryKeyStore();
  const known = await testDataKeys(store).of('P1');
  const missing = { ...testMasterKeys, unwrap: async () => Promise.reject(new MasterKeyMissingError()) };
  const masters: MasterKeys = {
    ...testMasterKeys,
    unwrap: (wrapped, context) =>
      (context.partner_id === 'P1' ? missing : testMasterKeys).unwrap(wrapped, context),
  };
  const keys = new DataKeys(store, masters, { retryMs: 60_000 });
  await expect(keys.byId(known.id)).rejects.toThrow(KeyStoreUnavailableError);
  expect((await keys.of('P2')).partner_id).toBe('P2');
});

test('a key being fetched when its partner is forgotten is not kept', async () => {
  const keys = testDataKeys();
  const onItsWay = keys.of('P1');
  keys.forget('P1');
  await onItsWay;
  expect(keys.cachedOf('P1')).toBeUndefined();
});

test('only old keys under a prefix are destroyed', async () => {
  const store = new MemoryKeyStore();
  const keys = testDataKeys(store);
  const [old, partner] = [await keys.of('/kept/2026-11-28'), await keys.of('P1')];
  expect(await destroyOld(store, keys, '/kept/', 60_000)).toBe(0);
  expect(await destroyOld(store, keys, '/kept/', 60_000, Date.now() + 120_000)).toBe(1);
  expect(await keys.byId(old.id)).toBe(erased);
  expect(await keys.byId(partner.id)).toBe(partner);
});
