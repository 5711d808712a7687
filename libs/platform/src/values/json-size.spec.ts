import { expect, test } from '@jest/globals';
import { isDeeperThan, jsonSize } from './json-size.ts';

test.each([
  ['a text', 'x'.repeat(1_000)],
  ['a list', Array.from({ length: 100 }, (_, index) => `item ${index}`)],
  ['an object', { text: 'abc'.repeat(100), list: [1, 2, { deep: 'd'.repeat(500) }], none: null, flag: true }],
])('the size of %s is about the length of its JSON', (_, value) => {
  const { length } = JSON.stringify(value);
  expect(jsonSize(value)).toBeGreaterThan(0.8 * length);
  expect(jsonSize(value)).toBeLessThan(1.2 * length + 20);
});

/** Nested lists, to any depth that JSON.parse reads. */
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

test('the size of a value is found at any depth', () => {
  expect(jsonSize({ data: nested(100_000) })).toBeGreaterThan(200_000);
});

test('the size of bytes is their number', () => {
  expect(jsonSize(new Uint8Array(1_000))).toBe(1_000);
});

test.each([
  ['a scalar', 1, 0, false],
  ['as many levels', nested(5), 5, false],
  ['one level more', nested(6), 5, true],
  ['far more levels', { a: { b: nested(100_000) } }, 500, true],
])('%s is compared with the deepest level allowed', (_, value, levels, isDeeper) => {
  expect(isDeeperThan(value, levels)).toBe(isDeeper);
});
