import { expect, test } from '@jest/globals';
import { jsonSize } from './json-size.ts';

test.each([
  ['a text', 'x'.repeat(1_000)],
  ['a list', Array.from({ length: 100 }, (_, index) => `item ${index}`)],
  ['an object', { text: 'abc'.repeat(100), list: [1, 2, { deep: 'd'.repeat(500) }], none: null, flag: true }],
])('the size of %s is about the length of its JSON', (_, value) => {
  const { length } = JSON.stringify(value);
  expect(jsonSize(value)).toBeGreaterThan(0.8 * length);
  expect(jsonSize(value)).toBeLessThan(1.2 * length + 20);
});

test('the size of a value that is nested 100,000 levels deep is found', () => {
  expect(jsonSize(JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`))).toBeGreaterThan(200_000);
});

test('the size of bytes is their number', () => {
  expect(jsonSize(new Uint8Array(1_000))).toBe(1_000);
});
