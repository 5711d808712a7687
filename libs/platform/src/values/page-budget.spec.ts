import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PageBudget, withinBytes } from './page-budget.ts';

test('the first item fits, however large it is', () => {
  expect(withinBytes(['x'.repeat(100), 'y'], 10)).toEqual(['x'.repeat(100)]);
});

test('a list ends before the item that is one byte too many', () => {
  expect(withinBytes(['aa', 'bb', 'cc'], 15)).toEqual(['aa', 'bb', 'cc']);
  expect(withinBytes(['aa', 'bb', 'cc'], 14)).toEqual(['aa', 'bb']);
});

test('bytes are those of UTF-8 and of escapes', () => {
  expect(withinBytes(['a', 'हा'], 12)).toEqual(['a']);
  expect(withinBytes(['a', '\u0001'], 12)).toEqual(['a']);
  expect(withinBytes(['a', 'bcdef'], 12)).toEqual(['a', 'bcdef']);
});

test('nothing fits after the item that did not', () => {
  const budget = new PageBudget(10);
  expect(['aaaa', 'bbbbbb', ''].map((item) => budget.takes(item))).toEqual([true, false, false]);
});

function bytesOf(items: readonly unknown[]): number {
  return Buffer.byteLength(JSON.stringify(items)) - 1;
}

test('no more than the limit is taken, whatever the items are', () => {
  const limit = 2_000;
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 40 }), (items) => {
      const taken = withinBytes(items, limit);
      expect(taken.length < 2 || bytesOf(taken) <= limit).toBe(true);
      expect(taken.length === items.length || bytesOf(items.slice(0, taken.length + 1)) > limit).toBe(true);
    }),
  );
});

/** An item that must not be made into text. */
function untouchable(): object {
  return {
    toJSON: () => {
      throw new Error('It was made into text.');
    },
  };
}

test('items far below the limit are not made into text', () => {
  expect(withinBytes([untouchable(), untouchable()])).toHaveLength(2);
});
