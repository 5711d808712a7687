import { expect, jest, test } from '@jest/globals';
import { Unavailable, unreachable } from './errors.ts';
import { backoffMs, retry, turnMs } from './retry.ts';

test('the delay doubles with each failure', () => {
  expect([0, 1, 2].map((failures) => backoffMs(failures, 0, 1))).toEqual([50, 100, 200]);
});

test('the delay has a maximum', () => {
  expect(backoffMs(20, 0, 1)).toBe(2_000);
});

test('the whole delay is random', () => {
  expect([0, 0.5, 1].map((random) => backoffMs(0, 0, random))).toEqual([0, 25, 50]);
});

test('Retry-After is the shortest delay, plus a random part of the same length', () => {
  expect([0, 1].map((random) => backoffMs(0, 1, random))).toEqual([1_000, 2_000]);
});

test('the turn that a request was told is the delay, and little more', () => {
  expect([0, 1].map((random) => turnMs(1_730, random))).toEqual([1_730, 1_780]);
});

test('an attempt is repeated 50 times at most', async () => {
  jest.spyOn(Math, 'random').mockReturnValue(0);
  let attempts = 0;
  const attempt = async (): Promise<void> => {
    attempts += 1;
    throw new Unavailable(unreachable('http://api', new Error('refused')));
  };
  await expect(retry(attempt, { forMs: Infinity })).rejects.toBeInstanceOf(Unavailable);
  expect(attempts).toBe(50);
  jest.restoreAllMocks();
});
