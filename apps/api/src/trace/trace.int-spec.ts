import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sessionStream } from '#sessions';
import type { TokenClaims } from '#privacy';
import { DevelopmentIssuer } from '#privacy';
import { correlationKey } from '../../../../libs/read-models/src/tables/correlations.ts';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
const correlation = `c-${randomUUID()}`;
let issuer: DevelopmentIssuer;
let app: TestApp;
let database: TestDatabase;
let fork: string;
let id: string;
let partner_id: string;

beforeAll(async () => {
  issuer = await DevelopmentIssuer.in(dir);
  database = await createTestDatabase();
  app = await startTestApp({ issuer, databaseUrl: database.url });
  partner_id = `P-${randomUUID()}`;
  const start = { partner_id, channel: 'whatsapp', language: 'hi' };
  id = String((await call('POST', '/v1/sessions', { role: 'service' }, start)).body['session_id']);
  const turn = { sender: 'user', message_text: 'Where?', response_text: 'I am checking.' };
  const headers = { 'correlation-id': correlation };
  await call('POST', `/v1/sessions/${id}/turns`, { role: 'service' }, turn, headers);
  await call('PUT', `/v1/sessions/${id}/flags/other`, { role: 'service' }, {});
  const inquiry = { kind: 'order_status', subject: { order_id: 'ORD1' } };
  await call('POST', `/v1/sessions/${id}/inquiries`, { role: 'service' }, inquiry, headers);
  const forked = { at_revision: 2, purpose: 'what_if' };
  const answer = await call('POST', `/v1/sessions/${id}/fork`, { role: 'service' }, forked, headers);
  fork = String(answer.body['session_id']);
  // Simulates the projector, and adds a session that only seems to belong to the trace.
  for (const session of [id, fork, randomUUID()])
    await app.pool.query('INSERT INTO event_correlation VALUES ($1, $2, 0, 4)', [
      session,
      correlationKey(correlation),
    ]);
});
afterAll(async () => {
  await app.close();
  await database.drop();
  rmSync(dir, { recursive: true });
});

async function call(
  method: string,
  path: string,
  claims: Partial<TokenClaims>,
  body?: object,
  headers = {},
): Promise<Answer> {
  const bearer = await issuer.token({ role: 'analyst', sub: 'spec', ...claims });
  return app.call(method, path, body, { authorization: `Bearer ${bearer}`, ...headers });
}
const trace = (claims: Partial<TokenClaims> = {}, of = correlation): Promise<Answer> =>
  call('GET', `/v1/trace/${of}`, claims);

test('a trace has the events of its correlation id, as a tree with times', async () => {
  const { status, body } = await trace();
  expect(status).toBe(200);
  expect(body).toMatchObject({
    correlation_id: correlation,
    session_ids: expect.arrayContaining([id, fork]),
    events: 4,
    truncated: false,
    children: [
      { type: 'TurnRecorded', revision: 1, children: [{ type: 'TurnRecorded', revision: 2 }] },
      {
        type: 'InquiryOpened',
        revision: 4,
        children: expect.arrayContaining([
          expect.objectContaining({ kind: 'request', detail: expect.objectContaining({ source: 'orders' }) }),
        ]),
      },
      { type: 'SessionForked', session_id: fork, forked_from: id, published: null },
    ],
  });
  const times = [body['started_at'], body['ended_at']].map((time) => Date.parse(String(time)));
  expect(times[0]).toBeLessThanOrEqual(times[1] ?? 0);
});

async function published(): Promise<unknown[]> {
  const [turn, opened] = (await trace()).body['children'] as { published: unknown }[];
  return [turn?.published, opened?.published];
}

test('a trace says of each event whether it is published', async () => {
  expect(await published()).toEqual([false, false]);
  const [turn] = await Array.fromAsync(app.store.read(sessionStream(id), { from: 1, limit: 1 }));
  // Simulates the bridge.
  await app.pool.query(`INSERT INTO bridge_slot (slot, prefixes, position) VALUES (0, '{session-}', $1)`, [
    String(turn?.position?.commit),
  ]);
  expect(await published()).toEqual([true, false]);
});

test('a trace shows nothing personal', async () => {
  expect(JSON.stringify((await trace({ role: 'admin' })).body)).not.toContain('Where?');
});

test.each(['analyst', 'auditor', 'admin'] as const)('%s: may trace', async (role) => {
  expect((await trace({ role })).status).toBe(200);
});

test.each(['agent', 'service'] as const)('%s: may not', async (role) => {
  expect((await trace({ role })).status).toBe(403);
});

test('a token sees the sessions that it reaches only', async () => {
  expect((await trace({ partners: [partner_id] })).status).toBe(200);
  expect((await trace({ partners: ['P-other'] })).status).toBe(404);
  expect((await trace({ channels: ['ivr'] })).status).toBe(404);
});

test('a limited token does not see a session that cannot be folded, and sees the others', async () => {
  const start = { partner_id, channel: 'whatsapp', language: 'hi' };
  const { body } = await call('POST', '/v1/sessions', { role: 'service' }, start);
  const session_id = String(body['session_id']);
  const metadata = { schema_version: 99, $correlationId: correlation };
  const newer = { event_id: randomUUID(), type: 'GoalSet', data: { goal: 'pay' }, metadata };
  await app.store.append(sessionStream(session_id), [app.store.codec.encode(newer)], 0);
  // Simulates the projector.
  const key = correlationKey(correlation);
  await app.pool.query('INSERT INTO event_correlation VALUES ($1, $2, 1, 1)', [session_id, key]);
  const limited = await trace({ partners: [partner_id] });
  expect(limited).toMatchObject({ status: 200, body: { truncated: true } });
  expect(limited.body['session_ids']).not.toContain(session_id);
  expect(limited.body['session_ids']).toContain(id);
  expect((await trace()).body['session_ids']).toContain(session_id);
});

test('an unknown correlation id is not found, and an invalid one is refused', async () => {
  expect((await trace({}, randomUUID())).status).toBe(404);
  expect((await trace({}, 'a%20b')).status).toBe(400);
  expect((await trace({}, 'x'.repeat(129))).status).toBe(400);
});
