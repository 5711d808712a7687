import { describe, expect, test } from '@jest/globals';
import { fairShare, partitionPrefixes, startPosition } from './assignment.ts';

const before = partitionPrefixes(4).map((prefixes, index) => ({ prefixes, position: BigInt(100 + index) }));

function starts(
  count: number,
  earlier: typeof before | { prefixes: string[]; position: bigint | null }[],
): (bigint | null)[] {
  return partitionPrefixes(count).map((prefixes) => startPosition(prefixes, earlier));
}

describe('partitions', () => {
  test.each([1, 2, 4, 8, 16])('%i partitions cover every first digit once', (count) => {
    const partitions = partitionPrefixes(count);
    expect(partitions).toHaveLength(count);
    expect(partitions.flat().sort()).toEqual([...'0123456789abcdef'].map((digit) => `session-${digit}`));
  });

  test('a number that does not divide 16 is refused', () => {
    expect(() => partitionPrefixes(3)).toThrow('evenly');
  });

  test('a new division begins at the least position of its prefixes', () => {
    expect(starts(2, before)).toEqual([100n, 102n]);
    expect(starts(8, before)).toEqual([100n, 100n, 101n, 101n, 102n, 102n, 103n, 103n]);
  });

  test('a new division begins at the start when one of its prefixes did', () => {
    const fresh = before.map((item, index) => (index === 1 ? { ...item, position: null } : item));
    expect(starts(2, fresh)).toEqual([null, 102n]);
    expect(startPosition(['session-0'], [])).toBeNull();
  });

  test('shares add up and differ by one at most', () => {
    for (const partitions of [1, 4, 16]) {
      for (const count of [1, 2, 3, 5, 20]) {
        const instances = Array.from({ length: count }, (_, index) => `host-${index}`);
        const shares = instances.map((instance) => fairShare(instance, instances, partitions));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(partitions);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }
    }
  });

  test('an instance that is not alive has no share', () => {
    expect(fairShare('stranger', ['a'], 4)).toBe(0);
  });
});
