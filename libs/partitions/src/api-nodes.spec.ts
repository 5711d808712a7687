import { expect, test } from '@jest/globals';
import { channelsOfNode, formerNodes } from './api-nodes.ts';

test('nodes of a release before are those that listen to their messages only', () => {
  const channels = [...channelsOfNode('a:3000:1'), 'agents:node:b:3000:2', 'session:other'];
  expect(formerNodes(channels)).toEqual(['b:3000:2']);
});

test('where all nodes are of this release there are none', () => {
  expect(formerNodes([...channelsOfNode('a'), ...channelsOfNode('b')])).toEqual([]);
});
