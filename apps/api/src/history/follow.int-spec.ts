import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PartitionLeaseStore } from '#partitions';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let database: TestDatabase;
let app: TestApp;
beforeAll(async () => {
  database = await createTestDatabase();
  app = await startTestApp({ databaseUrl: database.url });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

async function divide(partitions: number, position: string): Promise<void> {
  await database.pool.query(
    `BEGIN; SET LOCAL turnstream.replaces_partitions = 'on'; DELETE FROM projection_slot; DELETE FROM session_partitions; COMMIT`,
  );
  await new PartitionLeaseStore(database.pool, 'test', 60_000).ensure(partitions);
  await database.pool.query(`UPDATE projection_slot SET position = ${position}`);
}

test.each([
  ['32 partitions', 32, '4e9::bigint + slot * 123457'],
  ['256 partitions', 256, '4e9::bigint + slot * 123457'],
  [
    '256 partitions at positions as far apart as can be',
    256,
    'CASE slot WHEN 0 THEN 0 ELSE (1::bigint << 53) - 2 - slot END',
  ],
])('a follower continues from the cursor of %s', async (_, partitions, position) => {
  await divide(partitions, position);
  const newest = await app.call('GET', '/v1/turns?order=desc');
  const first = await app.call('GET', `/v1/turns?order=recorded&after=${String(newest.body['latest'])}`);
  expect(first).toMatchObject({ status: 200, body: { items: [], next: expect.any(String) } });
  const [, next = ''] = /^<(.*)>; rel="next"$/.exec(first.headers.get('link') ?? '') ?? [];
  expect(await app.call('GET', next)).toMatchObject({ status: 200, body: { items: [] } });
});
