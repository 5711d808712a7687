import { expect, test } from '@jest/globals';
import { consumerClientId, writeMarker } from './work-marker.ts';

test('a process is recognised by its client id as the one that works on messages', () => {
  const { process } = JSON.parse(writeMarker(7n, 0, 'member')) as { process: string };
  expect(consumerClientId('bridge')).toBe(`bridge.${process}`);
});
