import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { MasterKeys } from './master-keys.ts';
import { rewrap } from './rewrap.ts';
import { MemoryKeyStore } from './test-keys.ts';

/** Master keys that can be rotated at any time. */
function rotatingKeys() {
  let current = 'm1';
  const masters: MasterKeys = {
    current: async () => current,
    wrap: async (secret) => ({ master_key_id: current, ciphertext: secret }),
    unwrap: async ({ ciphertext }) => ciphertext,
  };
  return { masters, rotate: (to: string) => void (current = to) };
}

test('a rotation in the meantime does not keep rewrapping from its end', async () => {
  const store = new MemoryKeyStore();
  const { masters, rotate } = rotatingKeys();
  for (let count = 0; count < 450; count += 1) {
    const key = { key_id: randomUUID(), partner_id: `P${count}`, created_at: new Date().toISOString() };
    const wrapped = await masters.wrap(randomBytes(32), key);
    await store.add({ ...key, wrapped, destroyed_at: null });
  }
  rotate('m2');
  let pages = 0;
  const done = await rewrap(store, masters, () => {
    pages += 1;
    if (pages === 1) rotate('m3');
    if (pages > 10) throw new Error('It does not end.');
  });
  expect(done).toEqual({ rewrapped: 650, skipped: 0, broken: [] });
  expect([...store.keys.values()].every(({ wrapped }) => wrapped?.master_key_id === 'm3')).toBe(true);
});
