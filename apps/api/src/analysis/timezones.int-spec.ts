import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
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

test.each([
  ['timezone=Asia/Kolkata', 200],
  // Node.js knows it.
  ['timezone=AGT', 400],
  ['to=0001-01-10', 200],
])('turns are counted by %s: %i', async (query, status) => {
  const headers = { authorization: `Bearer ${await issuer.token({ role: 'analyst', sub: 'spec' })}` };
  expect((await app.call('GET', `/v1/stats/turns?${query}`, undefined, headers)).status).toBe(status);
});
