import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { pageBytes } from '#platform';
import { emptyRedis } from '../../../../../libs/platform/src/testing/test-services.ts';
import { pages, within } from '../../../../../libs/read-models/src/queries/test-pages.ts';
import type { Registry } from './registry.ts';
import { keyOf } from './script-runner.ts';
import { RegistryViews } from './views.ts';

let redis: Redis;
beforeAll(async () => {
  redis = await emptyRedis();
});
afterAll(() => redis.quit());

test('pages of instances end by bytes, and hold each once', async () => {
  const pool = `pool-${randomUUID()}`;
  const key = keyOf(pool);
  const names = Array.from({ length: 6_000 }, (_, n) => `${'bot-'.repeat(25)}${n}`);
  const writes = redis.pipeline();
  for (const name of names) {
    writes.zadd(`${key}:leases`, Date.now() + 60_000, name);
    writes.hset(`${key}:instance:${name}`, { node: 'node', capacity: 1, since: 0 });
  }
  await writes.exec();
  const views = new RegistryViews(redis, {} as Registry);
  const list = (after?: string) =>
    within(
      pageBytes,
      views.instances(() => true, pool, 10_000, after),
    );
  expect((await list()).items.length).toBeLessThan(names.length);
  const listed = (await pages(list)).map(({ instance }) => instance);
  expect(listed).toEqual(names.toSorted());
});
