import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { sleep } from '#platform';
import { LongestTurn } from './longest-turn.ts';

const longest = new LongestTurn();
beforeEach(() => void longest.take());
afterAll(() => longest.stop());

test('a long turn is found', () => {
  const end = process.threadCpuUsage().user + 100_000;
  while (process.threadCpuUsage().user < end);
  expect(longest.take()).toBeGreaterThanOrEqual(100);
});

test('time in which the thread is not running does not count', async () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  await sleep(20);
  expect(longest.take()).toBeLessThan(300);
});

test('a turn counts until it is read', () => {
  longest.take();
  expect(longest.take()).toBeLessThan(100);
});
