import { expect, test } from '@jest/globals';
import type { PartnerMove } from '#cells';
import { createLogger } from '#platform';
import { FollowedDirectory } from './directory.ts';

const move = { partner_id: 'P1', from: 'a', to: 'b' } as const;
const moves: PartnerMove[] = [
  { ...move, move_id: '1', phase: 'copying' },
  { ...move, move_id: '2', phase: 'returning' },
  { ...move, move_id: '3', phase: 'cleaning' },
  { ...move, move_id: '4', phase: 'arriving', to: 'c' },
];

const changesSince = async () => ({ version: 1, cells: [], slots: [], partners: [] });
const following = (read: () => Promise<PartnerMove[]>): FollowedDirectory =>
  new FollowedDirectory({ changesSince, moves: read }, 1_000, createLogger('router', 'silent'));

test('the moves to a cell are those whose sessions may still arrive there', async () => {
  expect(await following(async () => moves).movesTo('b')).toEqual(['1', '2']);
});

test('without the directory it is unknown who moves', async () => {
  const closed = following(() => Promise.reject(new Error('closed')));
  expect(await closed.movesTo('b')).toBeUndefined();
});
