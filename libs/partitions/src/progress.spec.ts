import { beforeEach, expect, test } from '@jest/globals';
import type { WriterState } from './progress.ts';
import { Progress } from './progress.ts';

let now: number;
let progress: Progress;
beforeEach(() => {
  now = 1_000_000;
  progress = new Progress(() => now);
});

/** Observes the progress each second, for this many seconds. */
function look(seconds: number, state: (second: number) => WriterState): void {
  for (let second = 1; second <= seconds; second += 1) {
    now += 1_000;
    progress.observe(state(second));
  }
}

test('a writer that is idle for an hour makes progress', () => {
  look(3_600, () => ({ position: 5n, isBehind: false }));
  expect(progress.stalledS).toBe(0);
});

test('a writer that gets work after an idle hour has made no progress since then', () => {
  look(3_600, () => ({ position: 5n, isBehind: false }));
  look(7, () => ({ position: 5n, isBehind: true }));
  expect(progress.stalledS).toBe(7);
});

test('a writer that lags but moves makes progress', () => {
  look(100, (second) => ({ position: BigInt(second), isBehind: true }));
  expect(progress.stalledS).toBe(0);
});

test('a writer that has work makes no progress until it moves', () => {
  look(1, () => ({ position: 5n, isBehind: true }));
  look(90, () => ({ position: 5n, isBehind: true }));
  expect(progress.stalledS).toBe(90);
  look(1, () => ({ position: 6n, isBehind: true }));
  expect(progress.stalledS).toBe(0);
});

test('a writer that cannot write gives its own last failure as the reason', () => {
  progress.failed(new Error('the partition failed'));
  look(1, () => ({ position: null, isBehind: true }));
  expect(progress.reason).toBe('the partition failed');
  look(3, (second) => ({ position: null, isBehind: true, failure: new Error(`disk full, ${second}`) }));
  expect(progress.reason).toBe('disk full, 3');
});

test('a failure is no longer the reason once the writer has moved', () => {
  progress.failed(new Error('the partition failed'));
  look(1, () => ({ position: 6n, isBehind: true }));
  look(90, () => ({ position: 6n, isBehind: true }));
  expect(progress.reason).toBeUndefined();
});

test('a failure is no longer the reason once the writer has no work', () => {
  progress.failed(new Error('the partition failed'));
  look(1, () => ({ position: null, isBehind: false }));
  look(90, () => ({ position: null, isBehind: true }));
  expect(progress.reason).toBeUndefined();
});

test('a writer whose position is not known makes no progress, also between two looks at the same position', () => {
  look(1, () => ({ position: 5n, isBehind: true }));
  look(90, (second) => ({ position: second % 2 ? undefined : 5n, isBehind: true }));
  expect(progress.stalledS).toBe(90);
});
