import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Attempts } from './attempts.ts';

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000 });
});
afterEach(() => {
  jest.useRealTimers();
});

test('attempts grow even if the clock is set back', () => {
  const attempts = new Attempts();
  expect(attempts.next()).toBe(1_000);
  jest.setSystemTime(500);
  expect(attempts.next()).toBe(1_001);
});

test('the next attempt is higher than that of an earlier process', () => {
  const attempts = new Attempts();
  attempts.next();
  expect(attempts.correct(5_000)).toBe(true);
  expect(attempts.next()).toBe(5_001);
});

test('an attempt that nothing can exceed is not followed', () => {
  expect(new Attempts().correct(2 ** 52)).toBe(false);
  expect(new Attempts().correct(Number.NaN)).toBe(false);
});

test('an attempt is corrected three times', () => {
  const attempts = new Attempts();
  expect([1, 2, 3, 4].map((newest) => attempts.correct(newest))).toEqual([true, true, true, false]);
});
