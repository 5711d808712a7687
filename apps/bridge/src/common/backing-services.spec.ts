import { expect, test } from '@jest/globals';
import { KeyStoreUnavailableError } from '#privacy';
import { BackingServices } from './backing-services.ts';

const store = { ping: async () => undefined };
/** Nothing listens there. */
const config = { databaseUrl: 'postgres://127.0.0.1:1/none' };

test('incoming messages wait for the key store, too', async () => {
  const down = new KeyStoreUnavailableError();
  const keys = { ping: () => Promise.reject(down) };
  await expect(new BackingServices(store, config, keys).ping()).rejects.toBe(down);
});

test('without encryption there is no key store to wait for', async () => {
  await expect(new BackingServices(store, config).ping()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
