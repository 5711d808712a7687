import { expect, test } from '@jest/globals';
import { BlindIndex } from './blind-index.ts';
import { MemoryKeyStore, testDataKeys } from './keys/test-keys.ts';

test('a value has the same index in all processes', async () => {
  const store = new MemoryKeyStore();
  const one = await BlindIndex.load(testDataKeys(store));
  const other = await BlindIndex.load(testDataKeys(store));
  expect(one.of('order', 'ORD-1')).toMatch(/^[\w-]{22}$/);
  expect(other.of('order', 'ORD-1')).toBe(one.of('order', 'ORD-1'));
});

test('another kind, value or key gives another index', async () => {
  const index = await BlindIndex.load(testDataKeys());
  const foreign = await BlindIndex.load(testDataKeys());
  const all = [
    index.of('order', 'ORD-1'),
    index.of('payout', 'ORD-1'),
    index.of('order', 'ORD-2'),
    index.of('orderO', 'RD-1'),
    foreign.of('order', 'ORD-1'),
  ];
  expect(new Set(all).size).toBe(all.length);
});

test('an index in memory is the same, and not used with another key', async () => {
  const store = new MemoryKeyStore();
  const keys = testDataKeys(store);
  const first = (await BlindIndex.load(keys, keys.indexes)).of('order', 'ORD-1');
  expect((await BlindIndex.load(keys, keys.indexes)).of('order', 'ORD-1')).toBe(first);
  const other = new BlindIndex(await keys.of('P1')).of('order', 'ORD-1');
  expect(other).not.toBe(first);
  expect(keys.indexes.size).toBe(1);
  keys.forget('P1');
  expect(keys.indexes.size).toBe(0);
  keys.forget('/index');
  await store.destroy('/index', '2100-01-01T00:00:00.000Z');
  expect((await BlindIndex.load(keys, keys.indexes)).of('order', 'ORD-1')).not.toBe(first);
});
