import { expect, jest, test } from '@jest/globals';
import { waitUntil } from './wait-until.ts';
import { expiringCache } from './expiring-cache.ts';

test('a look-up starts no timer', () => {
  const cache = expiringCache<string>({ max: 10, ttl: 60_000 });
  cache.set('key', 'value');
  const setTimeout = jest.spyOn(globalThis, 'setTimeout');
  expect(cache.get('key')).toBe('value');
  expect(setTimeout).not.toHaveBeenCalled();
});

test('an entry leaves the cache after its time', async () => {
  const cache = expiringCache<string>({ max: 10, ttl: 20, ttlAutopurge: true });
  cache.set('key', 'value');
  await waitUntil(() => cache.size === 0, { what: 'the entry to leave the cache' });
  expect(cache.get('key')).toBeUndefined();
});
