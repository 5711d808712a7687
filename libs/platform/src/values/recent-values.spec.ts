import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { RecentValues } from './recent-values.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('a value that is used is kept', () => {
  const values = new RecentValues<string>(10, 60_000);
  values.set('key', 'value');
  for (let time = 0; time < 10; time += 1) {
    jest.advanceTimersByTime(29_000);
    expect(values.get('key')).toBe('value');
  }
});

test('a value that is not used leaves the memory after its time, and then no timer is left', () => {
  const values = new RecentValues<string>(10, 60_000);
  values.set('key', 'value');
  jest.advanceTimersByTime(60_000);
  expect(values.size).toBe(0);
  expect(values.get('key')).toBeUndefined();
  jest.advanceTimersByTime(60_000);
  expect(jest.getTimerCount()).toBe(0);
});

test('values can be dropped before their time', () => {
  const values = new RecentValues<string>(4, 60_000);
  for (const key of ['a', 'b', 'c']) values.set(key, 'value');
  values.clear();
  expect(values.size).toBe(0);
});

test('no more values are kept than allowed, the latest among them', () => {
  const values = new RecentValues<string>(10, 60_000);
  for (let n = 0; n < 100; n += 1) {
    values.set(`${n}`, 'value');
    expect(values.size).toBeLessThanOrEqual(10);
    expect(values.get(`${n}`)).toBe('value');
  }
});
