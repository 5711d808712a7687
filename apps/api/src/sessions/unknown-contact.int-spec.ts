import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const lines: string[] = [];
let database: TestDatabase;
let app: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  app = await startTestApp({
    databaseUrl: database.url,
    env: { READ_PARTNERS_DAYS: 'service:30' },
    log: { write: (line) => lines.push(line) },
  });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

/** Resolves to the id of a partner with a session that has ended. */
async function returning(preferences: object): Promise<string> {
  const partner_id = `P-${randomUUID()}`;
  const id = await app.start({ partner_id, language: 'en' });
  await app.call('POST', `/v1/sessions/${id}/preferences`, { preferences });
  await app.call('POST', `/v1/sessions/${id}/end`, {});
  return partner_id;
}

const start = (partner: string): Promise<Answer> =>
  app.call('POST', `/v1/partners/${partner}/session`, { channel: 'whatsapp', language: 'en' });

test('a session starts without memory while PostgreSQL does not say when the last contact was, which is logged', async () => {
  const partner = await returning({ tone: 'formal' });
  const locked = await database.pool.connect();
  await locked.query('BEGIN; LOCK TABLE conversation_session');
  try {
    const { status, body } = await start(partner);
    expect(status).toBe(201);
    const context = await app.call('GET', `/v1/sessions/${String(body['session_id'])}/context`);
    expect(context.body['short_term_memory']).toMatchObject({ preferences: {} });
    const [line, ...more] = lines.filter((text) => text.includes('without the memory of its partner'));
    expect(line).toContain('budget_exceeded');
    expect(more).toEqual([]);
  } finally {
    locked.release(true);
  }
});

describe('when the query for the last contact fails for another reason', () => {
  let partner: string;
  beforeAll(async () => {
    partner = await returning({ tone: 'formal' });
    await database.pool.query('ALTER TABLE conversation_session RENAME TO hidden_session');
  });
  afterAll(() => database.pool.query('ALTER TABLE hidden_session RENAME TO conversation_session'));

  test('the start of a session fails', async () => {
    expect((await start(partner)).status).toBe(500);
  });

  test('the first session of a partner starts, since there is nothing that it could take over', async () => {
    expect((await start(`P-${randomUUID()}`)).status).toBe(201);
  });
});
