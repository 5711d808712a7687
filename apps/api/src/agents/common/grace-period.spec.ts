import { expect, jest, test } from '@jest/globals';
import { GracePeriod } from './grace-period.ts';

test('a process that checks in time gets no grace period', () => {
  jest.useFakeTimers({ now: 0 });
  const grace = new GracePeriod(250, 1_000);
  for (let check = 0; check < 10; check += 1) {
    jest.advanceTimersByTime(1_000);
    expect(grace.lasts()).toBe(false);
  }
});

test('a process that was suspended gets a grace period from the first check on', () => {
  jest.useFakeTimers({ now: 0 });
  const grace = new GracePeriod(250, 1_000);
  jest.advanceTimersByTime(1_251);
  expect(grace.lasts()).toBe(true);
  jest.advanceTimersByTime(999);
  expect(grace.lasts()).toBe(true);
  jest.advanceTimersByTime(1);
  expect(grace.lasts()).toBe(false);
});

test('a grace period lasts its full time', () => {
  jest.useFakeTimers({ now: 0 });
  const grace = new GracePeriod(250, 1_000);
  grace.begin();
  expect(grace.lasts()).toBe(true);
  jest.advanceTimersByTime(1_000);
  expect(grace.lasts()).toBe(false);
});

test('a process on a machine that slept gets a grace period: the monotonic clock stood still', () => {
  jest.useFakeTimers({ now: 0 });
  const grace = new GracePeriod(250, 1_000);
  jest.setSystemTime(1_251);
  expect(grace.lasts()).toBe(true);
});

test('a grace period ends in time although the clock is set back', () => {
  jest.useFakeTimers({ now: 10_000 });
  const grace = new GracePeriod(250, 1_000);
  grace.begin();
  jest.setSystemTime(0);
  expect(grace.lasts()).toBe(true);
  jest.advanceTimersByTime(1_000);
  expect(grace.lasts()).toBe(false);
});
