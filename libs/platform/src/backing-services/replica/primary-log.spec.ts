import { describe, expect, test } from '@jest/globals';
import { PrimaryLog } from './primary-log.ts';

const cluster = 'a';

function logOf(...samples: readonly (readonly [position: bigint, at: number])[]): PrimaryLog {
  const log = new PrimaryLog(1_000);
  for (const [position, at] of samples) log.add({ cluster, position, at });
  return log;
}

describe('the age of a replica', () => {
  test('counts from the last log end that it has replayed', () => {
    const log = logOf([10n, 100], [20n, 200], [30n, 300]);
    expect([10n, 19n, 20n, 29n, 30n, 99n].map((position) => log.asOf({ cluster, position }))).toEqual([
      100, 100, 200, 200, 300, 300,
    ]);
  });

  test('does not grow while nothing is written', () => {
    expect(logOf([10n, 100], [10n, 900]).asOf({ cluster, position: 10n })).toBe(900);
  });

  test.each([
    ['has replayed less than is known', logOf([10n, 100]), { cluster, position: 9n }],
    ['is behind everything of the last time', logOf([10n, 100], [20n, 1_200]), { cluster, position: 10n }],
    ['is of another server', logOf([10n, 100]), { cluster: 'b', position: 10n }],
    [
      'replays a log that the primary has lost',
      logOf([10n, 100], [8n, 200], [12n, 300]),
      { cluster, position: 7n },
    ],
  ])('is not known of one that %s', (_, log, position) => {
    expect(log.asOf(position)).toBeUndefined();
  });
});
