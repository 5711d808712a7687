import { expect, test } from '@jest/globals';
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
