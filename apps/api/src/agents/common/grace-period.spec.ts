import { expect, jest, test } from '@jest/globals';
import { GracePeriod } from './grace-period.ts';

test('a process that checks in time grants no grace', () => {
  jest.useFakeTimers({ now: 0 });
  const grace = new GracePeriod(250, 1_000);
  for (let check = 0; check < 10; check += 1) {
    jest.advanceTimersByTime(1_000);
    expect(grace.lasts()).toBe(false);
  }
});

test('a process that was suspended grants it from the first check on', () => {
  jest.useFakeTimers({ now: 0 });
  const grace = new GracePeriod(250, 1_000);
  jest.advanceTimersByTime(1_251);
  expect(grace.lasts()).toBe(true);
  jest.advanceTimersByTime(999);
  expect(grace.lasts()).toBe(true);
  jest.advanceTimersByTime(1);
  expect(grace.lasts()).toBe(false);
});

test('a period that is begun lasts its time', () => {
  jest.useFakeTimers({ now: 0 });
  const grace = new GracePeriod(250, 1_000);
  grace.begin();
  expect(grace.lasts()).toBe(true);
  jest.advanceTimersByTime(1_000);
  expect(grace.lasts()).toBe(false);
});
