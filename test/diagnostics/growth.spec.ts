import { expect, test } from '@jest/globals';
import { growths } from './growth.ts';
import type { Held } from './processes.ts';

const rest: Held = {
  rss: 1e8,
  heapUsed: 6e7,
  external: 3e6,
  arrayBuffers: 1e6,
  longestTurnMs: 0,
  handles: 9,
  connections: 7,
  heldCalls: 2,
};
const sample = (more: Partial<Held>) => new Map([['api-1', { ...rest, ...more }]]);

test('a heap that shrinks again has not grown', () => {
  expect(growths([sample({}), sample({ heapUsed: 9e7 }), sample({})], 0.05)).toEqual([]);
});

test('a heap that is more than the share larger at the end has grown', () => {
  expect(growths([sample({}), sample({ heapUsed: 6.5e7 })], 0.05)).toEqual([
    'heapUsed of api-1: 60000000, later 65000000',
  ]);
});

test('calls held at the end count as growth', () => {
  expect(growths([sample({}), sample({ heldCalls: 66 })], 0.05)).toEqual([
    'heldCalls of api-1: 2, later 66',
    'heldCalls of all api: 2, later 66',
  ]);
});

test('a process that ended is skipped', () => {
  expect(growths([sample({}), new Map()], 0.05)).toEqual([]);
});

test('connections of a process that replaced another have grown', () => {
  const later = new Map([['api-2', { ...rest, connections: 70 }]]);
  expect(growths([sample({}), later], 0.05)).toEqual(['connections of all api: 7, later 70']);
});
