import { describe, expect, test } from '@jest/globals';
import { fairShare, partitionPrefixes, startPosition } from './assignment.ts';

describe('slots', () => {
  test.each([1, 2, 4, 8, 16])('%i slots cover every first digit once', (count) => {
    const slots = partitionPrefixes(count);
    expect(slots).toHaveLength(count);
    expect(slots.flat().sort()).toEqual([...'0123456789abcdef'].map((digit) => `session-${digit}`));
  });

  test('other numbers are refused', () => {
    expect(() => partitionPrefixes(3)).toThrow('evenly');
  });

  test('a slot cut anew begins at the least position of its prefixes', () => {
    const before = partitionPrefixes(4).map((prefixes, slot) => ({ prefixes, position: BigInt(100 + slot) }));
    expect(partitionPrefixes(2).map((prefixes) => startPosition(prefixes, before))).toEqual([100n, 102n]);
    expect(partitionPrefixes(8).map((prefixes) => startPosition(prefixes, before))).toEqual([
      100n,
      100n,
      101n,
      101n,
      102n,
      102n,
      103n,
      103n,
    ]);
    const fresh = before.map((slot, index) => (index === 1 ? { ...slot, position: null } : slot));
    expect(partitionPrefixes(2).map((prefixes) => startPosition(prefixes, fresh))).toEqual([null, 102n]);
    expect(startPosition(['session-0'], [])).toBeNull();
  });

  test('shares add up and differ by one at most', () => {
    for (const slots of [1, 4, 16]) {
      for (const count of [1, 2, 3, 5, 20]) {
        const instances = Array.from({ length: count }, (_, index) => `host-${index}`);
        const shares = instances.map((instance) => fairShare(instance, instances, slots));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(slots);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }
    }
    expect(fairShare('stranger', ['a'], 4)).toBe(0);
  });
});
