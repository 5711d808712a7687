import { expect, test } from '@jest/globals';
import { backoffMs } from './retry.ts';

test('the delay doubles with each failure', () => {
  expect([0, 1, 2].map((failures) => backoffMs(failures, 0, 1))).toEqual([50, 100, 200]);
});

test('the delay has a maximum', () => {
  expect(backoffMs(20, 0, 1)).toBe(2_000);
});

test('up to half of the delay is random', () => {
  expect(backoffMs(0, 0, 0)).toBe(25);
});

test('Retry-After is the shortest delay', () => {
  expect(backoffMs(0, 1, 0)).toBe(1_025);
});
