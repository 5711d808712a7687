import { expect, test } from '@jest/globals';
import { BoundedCache, DEFAULT_CACHE_CAPACITY } from './bounded-cache.ts';

const held = (cache: BoundedCache<string, string>, names: readonly string[]): number =>
  names.reduce((sum, name) => sum + (cache.get(name)?.length ?? 0), 0);

test('a cache holds the latest names, as many as fit', () => {
  const cache = new BoundedCache<string, string>((name) => name, DEFAULT_CACHE_CAPACITY);
  const names = Array.from({ length: 3_000 }, (_, n) => `${n}-`.padEnd(4_096, 'x'));
  for (const name of names) cache.set(name, name);
  expect(held(cache, names)).toBeLessThan(6 * 1024 * 1024);
  expect(held(cache, names)).toBeGreaterThan(3 * 1024 * 1024);
  expect(cache.get(names.at(-1) ?? '')).toBe(names.at(-1));
});

test('a cache holds tens of thousands of typical names, and counts a repeated name once', () => {
  const cache = new BoundedCache<string, string>((name) => name, DEFAULT_CACHE_CAPACITY);
  const names = Array.from({ length: 40_000 }, (_, n) => `session-${String(n).padStart(36, '0')}`);
  for (const name of [...names, ...names]) cache.set(name, name);
  expect(names.every((name) => cache.get(name) === name)).toBe(true);
  for (const name of names) cache.delete(name);
  expect(held(cache, names)).toBe(0);
});

test('a cache of a smaller capacity holds fewer names', () => {
  const cache = new BoundedCache<string, string>((name) => name, 100);
  const names = Array.from({ length: 1_000 }, (_, n) => `session-${String(n).padStart(36, '0')}`);
  for (const name of names) cache.set(name, name);
  const kept = names.filter((name) => cache.get(name) === name).length;
  expect(kept).toBeGreaterThanOrEqual(80);
  expect(kept).toBeLessThanOrEqual(101);
});
