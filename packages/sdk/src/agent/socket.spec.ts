import { expect, test } from '@jest/globals';
import { reconnectMs } from './socket.ts';

test('the first reconnect comes at a random time within a fifth of the lease', () => {
  expect([0, 0.5, 1].map((random) => reconnectMs(0, 5_000, random))).toEqual([0, 500, 1_000]);
});

test('a reconnect comes within a lease, however many attempts have failed', () => {
  expect([1, 2, 3, 99].map((failures) => reconnectMs(failures, 5_000, 1))).toEqual([
    2_000, 4_000, 5_000, 5_000,
  ]);
});
