import { expect, test } from '@jest/globals';
import { Progress } from './messages.ts';

test('progress stops before the first unfinished message', () => {
  const progress = new Progress(-1);
  for (const sequence of [0, 3, 4, 9]) progress.started(sequence);
  expect([progress.done, progress.reached]).toEqual([-1, 9]);
  progress.finished(3);
  progress.finished(4);
  expect(progress.done).toBe(-1);
  progress.finished(0);
  expect(progress.done).toBe(4);
  progress.finished(9);
  expect(progress.done).toBe(9);
});
