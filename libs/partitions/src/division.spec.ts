import { describe, expect, test } from '@jest/globals';
import type { PairRange } from './division.ts';
import {
  cover,
  fairShare,
  freeSlots,
  madeBy,
  movesTo,
  partitionCounts,
  partitionPrefixes,
  prefixesOf,
  rangeOf,
} from './division.ts';

const pairs = Array.from({ length: 256 }, (_, pair) => `session-${pair.toString(16).padStart(2, '0')}`);

/** How many of the prefixes match each pair of digits. */
function countsOf(prefixes: readonly string[]): number[] {
  return pairs.map((pair) => prefixes.filter((prefix) => pair.startsWith(prefix)).length);
}

function divided(count: number): PairRange[] {
  return partitionPrefixes(count).map(([first = '', ...rest]) => rangeOf(first, 1 + rest.length));
}

describe('partitions', () => {
  test.each(partitionCounts)('%i partitions have every session once', (count) => {
    const partitions = partitionPrefixes(count);
    expect(partitions).toHaveLength(count);
    expect(new Set(countsOf(partitions.flat()))).toEqual(new Set([1]));
    expect(divided(count).map(prefixesOf)).toEqual(partitions);
  });

  test.each([0, 3, 512])('%i partitions are refused', (count) => {
    expect(() => partitionPrefixes(count)).toThrow(`There cannot be ${count} partitions.`);
  });

  test('of another division are replaced in groups with the same sessions', () => {
    expect(movesTo(4, divided(4))).toEqual([]);
    expect(movesTo(8, divided(4)).map(({ from }) => from.length)).toEqual([1, 1, 1, 1]);
    expect(movesTo(16, divided(256)).map(({ from }) => from.length)).toEqual(Array(16).fill(16));
    const [move] = movesTo(256, divided(4));
    expect(move && [...madeBy(move, 256).keys()]).toEqual(Array.from({ length: 64 }, (_, index) => index));
  });

  test('from any mixture, in any order and with changing targets, each session stays in one partition', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    let present = divided(4).map((range, slot) => ({ ...range, slot }));
    for (let step = 0; step < 500; step += 1) {
      const wanted = partitionCounts[random(partitionCounts.length)] ?? 1;
      const moves = movesTo(wanted, present);
      for (const move of moves.filter(() => random(3) === 0)) {
        expect(cover(move, move.from)).toBe(true);
        const others = present.filter(({ start }) => !move.from.some((range) => range.start === start));
        const made = [...madeBy(move, wanted)];
        const slots = freeSlots(
          made.map(([number]) => number),
          others.map(({ slot }) => slot),
        );
        present = [...others, ...made.map(([, range], index) => ({ ...range, slot: slots[index] ?? -1 }))];
      }
      const prefixes = present.flatMap(prefixesOf);
      expect(new Set(countsOf(prefixes))).toEqual(new Set([1]));
      expect(new Set(present.map(({ slot }) => slot)).size).toBe(present.length);
      expect(moves.length > 0 || present.length === wanted).toBe(true);
    }
  });

  test('shares add up and differ by at most one', () => {
    for (const partitions of [1, 4, 16, 256]) {
      for (const count of [1, 2, 3, 5, 20]) {
        const instances = Array.from({ length: count }, (_, index) => `host-${index}`);
        const shares = instances.map((instance) => fairShare(instance, instances, partitions));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(partitions);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }
    }
  });

  test('a dead instance has no share', () => {
    expect(fairShare('stranger', ['a'], 4)).toBe(0);
  });
});
