import { expect, test } from '@jest/globals';
import { AdaptiveLimit } from './adaptive-limit.ts';

const options = { min: 16, max: 256, targetMs: 50 };

/** Answers so many requests, one after the other, that took so long each. @returns the limit then */
function answer(limit: AdaptiveLimit, count: number, tookMs: number, reached = true): number {
  for (let index = 0; index < count; index += 1) {
    if (reached) limit.markReached();
    clock += 1;
    limit.observe(clock - tookMs, clock);
  }
  return limit.current;
}
let clock = 1_000_000;

test('the limit falls while answers take too long, down to the least', () => {
  const limit = new AdaptiveLimit(options);
  expect(answer(limit, 64, 80)).toBe(115);
  expect(answer(limit, 10_000, 80)).toBe(16);
});

test('the limit rises while requests wait for fast answers, up to the most', () => {
  const limit = new AdaptiveLimit(options);
  expect(answer(limit, 64, 10)).toBe(139);
  expect(answer(limit, 10_000, 10)).toBe(256);
});

test('the limit stays while nobody waits', () => {
  expect(answer(new AdaptiveLimit(options), 10_000, 10, false)).toBe(128);
});

test('requests that began before a change do not change it again', () => {
  const limit = new AdaptiveLimit(options);
  answer(limit, 64, 80);
  expect(answer(limit, 70, 80)).toBe(115);
});

test('a few slow answers among fast ones change nothing', () => {
  const limit = new AdaptiveLimit(options);
  answer(limit, 62, 10, false);
  expect(answer(limit, 2, 500, false)).toBe(128);
});
