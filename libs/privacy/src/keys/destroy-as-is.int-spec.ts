import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLogger } from '#platform';
import type { TestDatabase } from '../../../platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../platform/src/testing/test-services.ts';
import type { KeyStore, StoredKey, WrappedKey } from './key-store.ts';
import { openKeyStore } from './open-key-store.ts';
import { MemoryKeyStore } from './test-keys.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-keys-'));
const logger = createLogger('keys', 'silent');
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase('', 0);
});
afterAll(async () => {
  await database.drop();
  rmSync(dir, { recursive: true });
});

const wrappedNow = (): WrappedKey => ({ master_key_id: 'mk-1', ciphertext: randomBytes(60) });

test.each<[string, () => KeyStore]>([
  ['in memory', () => new MemoryKeyStore()],
  ['in a file', () => openKeyStore(`file:${dir}/keys.db`, logger)],
  ['in PostgreSQL', () => openKeyStore(database.url, logger)],
])('a key store %s destroys a key as it is wrapped, and not one that was adopted again', async (_, open) => {
  const store = open();
  const [partner_id, created_at] = [`P-${randomUUID()}`, '2026-11-29T07:00:00.000Z'];
  const made: StoredKey = {
    key_id: randomUUID(),
    partner_id,
    wrapped: wrappedNow(),
    created_at,
    destroyed_at: null,
  };
  const key = await store.add(made);
  await store.adopt({ ...key, wrapped: wrappedNow() });
  expect(await store.destroyAsIs(key)).toBe(false);
  const again = (await store.current(partner_id)) ?? key;
  expect([await store.destroyAsIs(again), await store.destroyAsIs(again)]).toEqual([true, false]);
  expect(await store.byId(key.key_id)).toMatchObject({ wrapped: null, destroyed_at: expect.any(String) });
  await store.close();
});
