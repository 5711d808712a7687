import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Role, TokenClaims } from '#privacy';
import { DevelopmentIssuer } from '#privacy';
import { accessStream } from '#sessions';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
const partner_id = `P-${randomUUID()}`;
const name = `Asha-${randomUUID()}`;
let issuer: DevelopmentIssuer;
let app: TestApp;
let id: string;

beforeAll(async () => {
  issuer = await DevelopmentIssuer.in(dir);
  app = await startTestApp({ issuer });
  const start = { partner_id, channel: 'whatsapp', language: 'hi', name };
  id = String((await call({ role: 'service' }, 'POST', '/v1/sessions', start)).body['session_id']);
});
afterAll(async () => {
  await app.close();
  rmSync(dir, { recursive: true });
});

async function call(
  claims: Partial<TokenClaims> & { role: Role },
  method: string,
  path: string,
  body?: object,
): Promise<Answer> {
  const authorization = `Bearer ${await issuer.token({ sub: `${claims.role}-spec`, ...claims })}`;
  return app.call(method, path, body, { authorization });
}
const fork = (claims: Partial<TokenClaims> & { role: Role }, purpose = 'what_if'): Promise<Answer> =>
  call(claims, 'POST', `/v1/sessions/${id}/fork`, { purpose });

test.each<[Role, number]>([
  ['service', 201],
  ['analyst', 201],
  ['admin', 201],
  ['agent', 403],
  ['auditor', 403],
])('the role %s gets %i for a fork', async (role, status) => {
  expect((await fork({ role })).status).toBe(status);
});

test('an analyst sees a fork masked like its session, and changes neither', async () => {
  const answer = await fork({ role: 'analyst' });
  const forked = String(answer.body['session_id']);
  for (const path of [`${forked}/context?min_revision=0`, `${forked}/events`])
    expect(
      JSON.stringify((await call({ role: 'analyst' }, 'GET', `/v1/sessions/${path}`)).body),
    ).not.toContain(name);
  for (const session of [id, forked])
    expect((await call({ role: 'analyst' }, 'POST', `/v1/sessions/${session}/end`, {})).status).toBe(403);
  expect(
    JSON.stringify((await call({ role: 'service' }, 'GET', `/v1/sessions/${forked}/events`)).body),
  ).toContain(name);
});

test('a fork is recorded with its author, purpose and partner', async () => {
  const purpose = 'bug_report:4711';
  const { body } = await fork({ role: 'analyst', sub: 'asha' }, purpose);
  const recorded = await Array.fromAsync(app.store.read(accessStream(new Date())), ({ data }) => data);
  expect(recorded).toContainEqual({
    role: 'analyst',
    subject: 'asha',
    instance: null,
    action: 'fork_session',
    partner_ids: [partner_id],
    session_ids: [id, body['session_id']],
    purpose,
    what: 'revision 0',
  });
});

test.each<Partial<TokenClaims>>([{ partners: ['P-other'] }, { channels: ['ivr'] }, { regions: ['IN-KA'] }])(
  'a token with the limits %j does not fork what it does not reach',
  async (limits) => {
    expect((await fork({ role: 'service', ...limits })).status).toBe(404);
  },
);

test('a token does not fork a session at a revision where it did not reach it', async () => {
  const start = { partner_id, channel: 'ivr', language: 'hi' };
  const moved = String((await call({ role: 'service' }, 'POST', '/v1/sessions', start)).body['session_id']);
  await call({ role: 'service' }, 'POST', `/v1/sessions/${moved}/channel`, { channel: 'whatsapp' });
  const limited = { role: 'service', channels: ['whatsapp'] } as const;
  const path = `/v1/sessions/${moved}/fork`;
  expect((await call(limited, 'POST', path, { purpose: 'what_if' })).status).toBe(201);
  expect((await call(limited, 'POST', path, { purpose: 'what_if', at_revision: 0 })).status).toBe(403);
});
