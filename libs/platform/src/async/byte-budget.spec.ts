import { expect, test } from '@jest/globals';
import { ByteBudget } from './byte-budget.ts';

test('bytes beyond the limit are refused', () => {
  const budget = new ByteBudget(100);
  expect([budget.tryTake(60), budget.tryTake(41), budget.tryTake(40)]).toEqual([true, false, true]);
  expect(budget.used).toBe(100);
});

test('a request larger than the limit is admitted alone', () => {
  const budget = new ByteBudget(100);
  expect([budget.tryTake(500), budget.tryTake(1)]).toEqual([true, false]);
  budget.give(500);
  expect(budget.tryTake(1)).toBe(true);
});

test('waiting requests are admitted in order, as far as there is room', async () => {
  const budget = new ByteBudget(100);
  const begun: string[] = [];
  await budget.take(100);
  const large = budget.take(80).then(() => begun.push('large'));
  const small = budget.take(30).then(() => begun.push('small'));
  budget.give(100);
  await large;
  expect([begun, budget.used]).toEqual([['large'], 80]);
  budget.give(80);
  await small;
  expect([begun, budget.used]).toEqual([['large', 'small'], 30]);
});

test('nothing overtakes waiting requests', async () => {
  const budget = new ByteBudget(100);
  await budget.take(90);
  const waiting = budget.take(20);
  expect(budget.tryTake(5)).toBe(false);
  budget.give(90);
  await waiting;
  expect(budget.tryTake(5)).toBe(true);
});
