import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from './json.ts';
import { canonicalJson, isSameJson } from './json.ts';

const value = fc.jsonValue({ maxDepth: 3, stringUnit: fc.constantFrom('a', 'b') }) as fc.Arbitrary<Json>;

test('values are the same when their canonical JSON is the same', () => {
  fc.assert(
    fc.property(value, value, (one, other) => {
      expect(isSameJson(one, other)).toBe(canonicalJson(one) === canonicalJson(other));
    }),
  );
});

test('a copy is the same whatever the order of its keys', () => {
  fc.assert(
    fc.property(value, (one) => {
      expect(isSameJson(one, JSON.parse(canonicalJson(one)) as Json)).toBe(true);
    }),
  );
});

test.each<[Json | undefined, Json | undefined, boolean]>([
  [undefined, null, true],
  [[], {}, false],
  [[1], [1, 2], false],
  [{ a: 1 }, { a: 1, b: null }, false],
  [{ toString: 1 }, { a: 1 }, false],
])('%j and %j: %s', (one, other, isSame) => {
  expect(isSameJson(one, other)).toBe(isSame);
});
