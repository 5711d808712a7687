import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { TokenClaims } from '#privacy';
import { DevelopmentIssuer } from '#privacy';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
let issuer: DevelopmentIssuer;
let app: TestApp;

beforeAll(async () => {
  issuer = await DevelopmentIssuer.in(dir);
  app = await startTestApp({ issuer });
});
afterAll(async () => {
  await app.close();
  rmSync(dir, { recursive: true });
});

async function call(claims: Partial<TokenClaims>, method: string, path: string, body?: object) {
  const token = await issuer.token({ role: 'service', sub: 'spec', ...claims });
  return app.call(method, path, body, { authorization: `Bearer ${token}` });
}

test('a restricted partner is not found by a token that does not reach it', async () => {
  const partner_id = `P-${randomUUID()}`;
  const start = { partner_id, channel: 'whatsapp', language: 'hi' };
  const session = (await call({}, 'POST', '/v1/sessions', start)).body['session_id'] as string;
  await call({ role: 'admin' }, 'DELETE', `/v1/partners/${partner_id}`, { reason: 'asked' });
  for (const [role, path] of [
    ['service', `/v1/sessions/${session}/context`],
    ['admin', `/v1/partners/${partner_id}/archive`],
  ] as const) {
    const status = async (more: Partial<TokenClaims>): Promise<number> =>
      (await call({ role, ...more }, 'GET', path)).status;
    await waitUntil(async () => (await status({})) === 403);
    expect([path, await status({ partners: ['P1'] })]).toEqual([path, 404]);
  }
});
