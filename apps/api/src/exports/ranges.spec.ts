import { expect, test } from '@jest/globals';
import { rangeOf } from './ranges.ts';

test.each([
  [undefined, 'all'],
  ['bytes=0-', { start: 0, end: 99 }],
  ['bytes=10-19', { start: 10, end: 19 }],
  ['bytes=90-500', { start: 90, end: 99 }],
  ['bytes=-10', { start: 90, end: 99 }],
  ['bytes=-500', { start: 0, end: 99 }],
  ['bytes=100-', undefined],
  ['bytes=-0', undefined],
  ['bytes=5-2', 'all'],
  ['bytes=0-1,3-4', 'all'],
  ['lines=1-2', 'all'],
  ['bytes=-', 'all'],
])('Range %s of 100 bytes is %j', (header, range) => {
  expect(rangeOf(header, 100)).toEqual(range);
});
