import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DevelopmentIssuer } from '#privacy';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';
import { addOldSession, dayMs } from './test-old-sessions.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-read-days-'));
let database: TestDatabase;
/** Two nodes of one cluster, while the settings are rolled out. */
let unlimited: TestApp;
let limited: TestApp;
let headers: Record<string, string>;
let old: string;

beforeAll(async () => {
  const issuer = await DevelopmentIssuer.in(dir);
  database = await createTestDatabase();
  const options = { issuer, databaseUrl: database.url };
  unlimited = await startTestApp(options);
  const days = 'service:30';
  const env = { READ_SESSIONS_DAYS: days, READ_PARTNERS_DAYS: days, READ_ACCESS_DAYS: days };
  limited = await startTestApp({ ...options, env });
  const authorization = `Bearer ${await issuer.token({ role: 'service', sub: 'spec' })}`;
  headers = { authorization, 'access-purpose': 'audit:1' };
  old = await addOldSession(unlimited, { partner_id: `P-${randomUUID()}`, daysAgo: 31, isOver: true });
});
afterAll(async () => {
  await unlimited.close();
  await limited.close();
  await database.drop();
  rmSync(dir, { recursive: true });
});

test('an export is still found, and its repeated request is recognised, after the days of its role have changed', async () => {
  for (const [before, after] of [
    [unlimited, limited],
    [limited, unlimited],
  ] as const) {
    const from = new Date(Date.now() - 60 * dayMs).toISOString();
    const request = { export_id: randomUUID(), form: 'turns', format: 'ndjson', from };
    const { body } = await before.call('POST', '/v1/exports', request, headers);
    const path = `/v1/exports/${String(body['export_id'])}`;
    expect((await after.call('GET', path, undefined, headers)).status).toBe(200);
    expect((await after.call('POST', '/v1/exports', request, headers)).body).toEqual(body);
    const list = await after.call('GET', '/v1/exports', undefined, headers);
    expect(list.body['items']).toContainEqual(expect.objectContaining({ export_id: body['export_id'] }));
  }
});

test('a ticket has the days of the node that it is used on', async () => {
  const statuses = [];
  for (const [issuedBy, usedOn] of [
    [unlimited, limited],
    [limited, unlimited],
  ] as const) {
    const { body } = await issuedBy.call('POST', '/v1/tickets', undefined, headers);
    const stop = new AbortController();
    const url = `${usedOn.url}/v1/sessions/${old}/stream?ticket=${String(body['ticket'])}`;
    statuses.push((await fetch(url, { signal: stop.signal })).status);
    stop.abort();
  }
  expect(statuses).toEqual([404, 200]);
});
