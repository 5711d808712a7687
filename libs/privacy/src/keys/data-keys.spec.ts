import { expect, test } from '@jest/globals';
import { MemoryKeyStore, testDataKeys } from './test-keys.ts';
import { erased } from './data-keys.ts';
import { UnknownKeyError } from './errors.ts';

test('a partner has one key, whoever asks first', async () => {
  const store = new MemoryKeyStore();
  const [one, other] = [testDataKeys(store), testDataKeys(store)];
  const [first, second] = await Promise.all([one.of('P1'), other.of('P1')]);
  expect(second.id).toBe(first.id);
  expect(second.encryption.equals(first.encryption)).toBe(true);
});

test('a destroyed key is erased for good, and the partner can begin anew', async () => {
  const store = new MemoryKeyStore();
  const keys = testDataKeys(store);
  const { id } = await keys.of('P1');
  await store.destroy('P1', '2026-11-29T08:00:00.000Z');
  keys.forget('P1');
  expect(await keys.byId(id)).toBe(erased);
  expect((await keys.of('P1')).id).not.toBe(id);
});

test('a key that nobody made is unknown', async () => {
  await expect(testDataKeys().byId('none')).rejects.toThrow(UnknownKeyError);
});
