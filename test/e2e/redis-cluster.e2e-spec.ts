import { beforeAll, describe, expect, test } from '@jest/globals';
import type { MastersKilled } from '../scenarios/scale/redis-cluster.ts';
import { killMasters, withClusteredSystem } from '../scenarios/scale/redis-cluster.ts';

describe('a system on a Redis Cluster whose masters are killed under load', () => {
  const size = { instances: 2, sessions: 8, rounds: 2 };
  let result: MastersKilled;
  beforeAll(async () => {
    result = await withClusteredSystem((system, cluster) => killMasters(system, cluster, size));
  });

  test('loses nothing that it acknowledged', () => {
    expect(result.acknowledged).toBeGreaterThan(size.sessions);
    expect(result.lost).toEqual([]);
  });

  test('has contexts that match the streams', () => {
    expect(result.wrongContexts).toEqual([]);
  });

  test('leaves live agents their sessions', () => {
    expect(result.moved).toEqual([]);
  });

  test('delivers every update once', () => {
    expect(result).toMatchObject({ undelivered: [], deliveredTwice: [] });
  });
});
