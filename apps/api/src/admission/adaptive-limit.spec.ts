import { expect, test } from '@jest/globals';
import { AdaptiveLimit } from './adaptive-limit.ts';

const options = { min: 16, max: 256, targetMs: 50 };

interface Answers {
  readonly tookMs: number;
  /** Requests in flight while others had to wait; by default as many as the limit allows. */
  readonly inFlight?: number;
}

/** Answers `count` requests, one after the other. @returns the limit afterwards */
function answer(limit: AdaptiveLimit, count: number, { tookMs, inFlight }: Answers): number {
  for (let index = 0; index < count; index += 1) {
    if (inFlight === undefined) limit.markReached();
    clock += 1;
    limit.observe(clock - tookMs, clock, inFlight ?? limit.current);
  }
  return limit.current;
}
let clock = 1_000_000;

test('the limit falls to its minimum while answers are too slow', () => {
  const limit = new AdaptiveLimit(options);
  expect(answer(limit, 64, { tookMs: 80 })).toBe(115);
  // Each request takes longer the more are in flight.
  for (let index = 0; index < 5_000; index += 1) answer(limit, 1, { tookMs: limit.current * 2 });
  expect(limit.current).toBeLessThan(32);
});

test('the limit rises to its maximum while requests wait and answers are fast', () => {
  const limit = new AdaptiveLimit(options);
  expect(answer(limit, 64, { tookMs: 10 })).toBe(139);
  expect(answer(limit, 10_000, { tookMs: 10 })).toBe(256);
});

test('the limit stays while no request waits', () => {
  expect(answer(new AdaptiveLimit(options), 10_000, { tookMs: 10, inFlight: 100 })).toBe(128);
});

test('requests that began before a change do not change it again', () => {
  const limit = new AdaptiveLimit(options);
  answer(limit, 64, { tookMs: 80 });
  expect(answer(limit, 70, { tookMs: 80 })).toBe(115);
});

test('a few slow answers among fast ones change nothing', () => {
  const limit = new AdaptiveLimit(options);
  answer(limit, 62, { tookMs: 10, inFlight: 100 });
  expect(answer(limit, 2, { tookMs: 500, inFlight: 100 })).toBe(128);
});

test('the limit stays while few requests are in flight, however long they take', () => {
  expect(answer(new AdaptiveLimit(options), 10_000, { tookMs: 300, inFlight: 8 })).toBe(128);
});

test('the limit does not fall when many requests take no longer than few did', () => {
  const limit = new AdaptiveLimit(options);
  answer(limit, 64, { tookMs: 120, inFlight: 8 });
  expect(answer(limit, 10_000, { tookMs: 130 })).toBe(256);
});

test('the limit rises from its minimum when answers are as slow there', () => {
  expect(answer(new AdaptiveLimit(options), 20_000, { tookMs: 120 })).toBe(256);
});

test('the limit falls again after answers were slow for a while', () => {
  const limit = new AdaptiveLimit(options);
  answer(limit, 640, { tookMs: 2_000, inFlight: 8 });
  answer(limit, 64, { tookMs: 10, inFlight: 8 });
  expect(answer(limit, 64, { tookMs: 80 })).toBe(115);
});
