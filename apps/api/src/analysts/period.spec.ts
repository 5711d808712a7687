import { expect, test } from '@jest/globals';
import { periodOf } from './period.ts';

test.each([
  ['2026-03-01T00:00:00Z', '2026-01-29T00:00:00.000Z'],
  ['0001-01-10T00:00:00Z', '0001-01-01T00:00:00.000Z'],
])('31 days before %s begin at %s, and never before there are years', (to, from) => {
  expect(periodOf({ to })).toEqual({ from, to });
});
