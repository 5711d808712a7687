import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { waitUntil } from '#platform';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const partner_id = `P-${randomUUID()}`;
let database: TestDatabase;
let app: TestApp;
let locked: PoolClient;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(
    `INSERT INTO partner_privacy (partner_id, erasure, revision, held) VALUES ($1, 'restricted', 1, false)`,
    [partner_id],
  );
  await database.pool.query(
    `INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
       expires_at, expires_in_s, status, revision)
     SELECT gen_random_uuid(), $1, now(), now(), 'whatsapp', 'hi', now(), 60, 'ended', 0 FROM generate_series(1, 3)`,
    [partner_id],
  );
  locked = await database.pool.connect();
  await locked.query('BEGIN; LOCK TABLE partner_privacy');
  app = await startTestApp({ databaseUrl: database.url });
});
afterAll(async () => {
  locked.release(true);
  await app.close();
  await database.drop();
});

test('no list shows partners before it is known which of them are restricted', async () => {
  const path = `/v1/sessions?partner_id=${partner_id}`;
  expect(await app.call('GET', path)).toMatchObject({
    status: 503,
    body: { type: 'https://turnstream.dev/problems/engine_unavailable' },
  });
  expect((await app.call('GET', '/v1/sessions?partner_id=P-none')).body).toMatchObject({ items: [] });
  await locked.query('COMMIT');
  await waitUntil(async () => (await app.call('GET', path)).status === 200, { timeoutMs: 20_000 });
  expect((await app.call('GET', path)).body).toMatchObject({ items: [] });
});
