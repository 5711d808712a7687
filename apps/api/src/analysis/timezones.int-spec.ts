import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DevelopmentIssuer } from '#privacy';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
let issuer: DevelopmentIssuer;
let app: TestApp;
let database: TestDatabase;
beforeAll(async () => {
  issuer = await DevelopmentIssuer.in(dir);
  database = await createTestDatabase();
  app = await startTestApp({ issuer, databaseUrl: database.url });
  // PostgreSQL evaluates a time zone only if there is a row.
  await database.pool.query(
    `WITH s AS (INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
       expires_at, expires_in_s, status, revision)
     VALUES (gen_random_uuid(), 'P1', now(), now(), 'whatsapp', 'hi', now(), 3600, 'active', 1) RETURNING session_id)
     INSERT INTO conversation_turn (session_id, turn_id, partner_id, timestamp, ordered_at, sender, message_text,
       extracted_entities, revision, channel)
     SELECT session_id, gen_random_uuid(), 'P1', now(), now(), 'user', 'Where?', '{}', 1, 'whatsapp' FROM s`,
  );
});
afterAll(async () => {
  await app.close();
  await database.drop();
  rmSync(dir, { recursive: true });
});

test.each([
  ['timezone=Asia/Kolkata', 200],
  // Node.js knows this one.
  ['timezone=AGT', 400],
  // For PostgreSQL abbreviations, whose days have no daylight saving.
  ['timezone=CET', 400],
  ['timezone=met', 400],
  ['timezone=EET', 400],
  ['timezone=WET', 400],
  ['timezone=GMT', 200],
  ['timezone=UTC', 200],
  ['timezone=Etc/GMT-5', 200],
  ['to=0001-01-10', 200],
])('turns are counted by %s: %i', async (query, status) => {
  const headers = { authorization: `Bearer ${await issuer.token({ role: 'analyst', sub: 'spec' })}` };
  expect((await app.call('GET', `/v1/stats/turns?${query}`, undefined, headers)).status).toBe(status);
});
