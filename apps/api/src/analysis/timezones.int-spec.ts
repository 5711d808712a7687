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
  // PostgreSQL reads a time zone when it has a row.
  await database.pool.query(
    `INSERT INTO conversation_turn (session_id, turn_id, partner_id, timestamp, ordered_at, sender, message_text,
       extracted_entities, revision, channel)
     VALUES (gen_random_uuid(), gen_random_uuid(), 'P1', now(), now(), 'user', 'Where?', '{}', 1, 'whatsapp')`,
  );
});
afterAll(async () => {
  await app.close();
  await database.drop();
  rmSync(dir, { recursive: true });
});

test.each([
  ['timezone=Asia/Kolkata', 200],
  // Node.js knows it.
  ['timezone=AGT', 400],
  ['to=0001-01-10', 200],
])('turns are counted by %s: %i', async (query, status) => {
  const headers = { authorization: `Bearer ${await issuer.token({ role: 'analyst', sub: 'spec' })}` };
  expect((await app.call('GET', `/v1/stats/turns?${query}`, undefined, headers)).status).toBe(status);
});
