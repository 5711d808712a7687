import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TokenClaims } from '#privacy';
import { DevelopmentIssuer } from '#privacy';
import { correlationKey } from '../../../../libs/read-models/src/tables/correlations.ts';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
const correlation = `c-${randomUUID()}`;
let issuer: DevelopmentIssuer;
let app: TestApp;
let id: string;
let partner_id: string;

beforeAll(async () => {
  issuer = await DevelopmentIssuer.in(dir);
  app = await startTestApp({ issuer });
  partner_id = `P-${randomUUID()}`;
  const start = { partner_id, channel: 'whatsapp', language: 'hi' };
  id = String((await call('POST', '/v1/sessions', { role: 'service' }, start)).body['session_id']);
  const turn = { sender: 'user', message_text: 'Where?', response_text: 'I am checking.' };
  const headers = { 'correlation-id': correlation };
  await call('POST', `/v1/sessions/${id}/turns`, { role: 'service' }, turn, headers);
  await call('PUT', `/v1/sessions/${id}/flags/other`, { role: 'service' }, {});
  const inquiry = { kind: 'order_status', subject: { order_id: 'ORD1' } };
  await call('POST', `/v1/sessions/${id}/inquiries`, { role: 'service' }, inquiry, headers);
  // Simulates the projector, and adds a session that only seems to belong to the trace.
  for (const session of [id, randomUUID()])
    await app.pool.query('INSERT INTO event_correlation VALUES ($1, $2, 1, 4)', [
      session,
      correlationKey(correlation),
    ]);
});
afterAll(async () => {
  await app.close();
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
    session_ids: [id],
    events: 3,
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
    ],
  });
  const times = [body['started_at'], body['ended_at']].map((time) => Date.parse(String(time)));
  expect(times[0]).toBeLessThanOrEqual(times[1] ?? 0);
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

test('an unknown correlation id is not found, and an invalid one is refused', async () => {
  expect((await trace({}, randomUUID())).status).toBe(404);
  expect((await trace({}, 'a%20b')).status).toBe(400);
  expect((await trace({}, 'x'.repeat(129))).status).toBe(400);
});
