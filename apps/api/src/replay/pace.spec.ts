import { expect, test } from '@jest/globals';
import { longestGapMs, Pace } from './pace.ts';

const times = ['2026-11-24T08:00:00.000Z', '2026-11-24T08:00:01.000Z', '2026-11-24T09:00:00.000Z'];

test.each([
  [1, [0, 1_000, longestGapMs]],
  [10, [0, 100, longestGapMs]],
  [0.5, [0, 2_000, longestGapMs]],
  [0, [0, 0, 0]],
])('at speed %d the gaps are those of the store, within a limit', (speed, gaps) => {
  const pace = new Pace(speed);
  expect(times.map((time) => pace.gapBefore(time))).toEqual(gaps);
});

test('backwards the gaps are the same', () => {
  const pace = new Pace(1);
  expect(times.toReversed().map((time) => pace.gapBefore(time))).toEqual([0, longestGapMs, 1_000]);
});
