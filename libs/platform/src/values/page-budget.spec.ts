import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PageBudget, withinBytes } from './page-budget.ts';

test('the first item always fits', () => {
  expect(withinBytes(['x'.repeat(100), 'y'], 10)).toEqual(['x'.repeat(100)]);
});

test('a list ends before the item that exceeds the limit by one byte', () => {
  expect(withinBytes(['aa', 'bb', 'cc'], 15)).toEqual(['aa', 'bb', 'cc']);
  expect(withinBytes(['aa', 'bb', 'cc'], 14)).toEqual(['aa', 'bb']);
});

test('bytes are counted in UTF-8, with escapes', () => {
  expect(withinBytes(['a', 'हा'], 12)).toEqual(['a']);
  expect(withinBytes(['a', '\u0001'], 12)).toEqual(['a']);
  expect(withinBytes(['a', 'bcdef'], 12)).toEqual(['a', 'bcdef']);
});

test('nothing fits after the first item that did not', () => {
  const budget = new PageBudget(10);
  expect(['aaaa', 'bbbbbb', ''].map((item) => budget.takes(item))).toEqual([true, false, false]);
});

function bytesOf(items: readonly unknown[]): number {
  return Buffer.byteLength(JSON.stringify(items)) - 1;
}

test('the limit holds for any items', () => {
  const limit = 2_000;
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 40 }), (items) => {
      const taken = withinBytes(items, limit);
      expect(taken.length < 2 || bytesOf(taken) <= limit).toBe(true);
      expect(taken.length === items.length || bytesOf(items.slice(0, taken.length + 1)) > limit).toBe(true);
    }),
  );
});

/** An item that must not be serialised. */
function untouchable(): object {
  return {
    toJSON: () => {
      throw new Error('It was made into text.');
    },
  };
}

test('items far below the limit are not serialised', () => {
  expect(withinBytes([untouchable(), untouchable()])).toHaveLength(2);
});
