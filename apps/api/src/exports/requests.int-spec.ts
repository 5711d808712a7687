import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DevelopmentIssuer } from '#privacy';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const from = '2026-03-01T00:00:00Z';
const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
let app: TestApp;
let headers: Record<string, string>;
beforeAll(async () => {
  const issuer = await DevelopmentIssuer.in(dir);
  const token = await issuer.token({ role: 'analyst', sub: `analyst-${randomUUID()}` });
  headers = { authorization: `Bearer ${token}` };
  app = await startTestApp({ issuer });
});
afterAll(async () => {
  await app.close();
  await rm(dir, { recursive: true });
});

const request = (more: object): Promise<Answer> =>
  app.call('POST', '/v1/exports', { form: 'turns', format: 'ndjson', from, ...more }, headers);

test('a request that is repeated is the same export, and another one under its id is refused', async () => {
  await request({});
  const export_id = randomUUID();
  const first = await request({ export_id });
  expect((await request({ export_id })).body).toMatchObject({
    export_id,
    requested_at: first.body['requested_at'],
  });
  expect((await request({ export_id, format: 'csv' })).status).toBe(422);
  const { body } = await app.call('GET', '/v1/exports?limit=1', undefined, headers);
  expect(body).toMatchObject({ items: [{ export_id }], next: expect.any(String) });
});

test('null for what may be left out is no filter', async () => {
  const nothing = { to: null, partner_id: null, channel: null, session_id: null, sender: null, gzip: null };
  expect(await request(nothing)).toMatchObject({ status: 202, body: { filter: { from }, gzip: false } });
  expect((await request(nothing)).body['filter']).toEqual({ from });
});

test.each([
  { from: undefined },
  { from: 'yesterday' },
  { form: 'all' },
  { format: 'xlsx' },
  { gzip: 'yes' },
  { form: 'sessions', sender: 'user' },
  { form: 'training', parsed_intent: 'ask' },
  { format: 'parquet', gzip: true },
  { export_id: '17' },
  { channel: 'pigeon' },
])('a request with %j is refused', async (more) => {
  expect(await request(more)).toMatchObject({
    status: 400,
    body: { type: 'https://turnstream.dev/problems/validation_failed' },
  });
});
