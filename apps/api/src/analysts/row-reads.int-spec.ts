import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { waitUntil } from '#platform';
import type { Role } from '#privacy';
import { DevelopmentIssuer } from '#privacy';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
let issuer: DevelopmentIssuer;
let database: TestDatabase;
let lock: PoolClient | undefined;

beforeAll(async () => {
  issuer = await DevelopmentIssuer.in(dir);
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
  rmSync(dir, { recursive: true });
});

async function start(statementMs: number): Promise<TestApp> {
  const env = {
    ANALYST_CONNECTIONS: '2',
    ANALYST_WAITING: '0',
    ANALYST_STATEMENT_MS: String(statementMs),
  };
  return startTestApp({ issuer, databaseUrl: database.url, env });
}

async function headersOf(role: Role, sub: string): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await issuer.token({ role, sub }, 600)}` };
}

/** Every read of milestones waits until the lock is released. */
async function lockMilestones(): Promise<void> {
  lock = await database.pool.connect();
  await lock.query('BEGIN; LOCK TABLE session_milestone IN ACCESS EXCLUSIVE MODE');
}

async function unlock(): Promise<void> {
  await lock?.query('ROLLBACK');
  lock?.release();
  lock = undefined;
}
afterEach(unlock);

async function running(): Promise<number> {
  const { rowCount } = await database.pool.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'turnstream-analyst'
       AND state = 'active'`,
  );
  return rowCount ?? 0;
}

const body = JSON.stringify({ steps: [{ kind: 'goal_set' }] });
const path = '/v1/journeys/search';

describe('heavy queries of analysts', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await start(60_000);
  });
  afterAll(() => app.close());

  async function ask(sub: string, signal?: AbortSignal): Promise<Response> {
    const headers = { ...(await headersOf('analyst', sub)), 'content-type': 'application/json' };
    return fetch(`${app.url}${path}`, { method: 'POST', body, headers, ...(signal && { signal }) });
  }

  test('take no connection of agents, are refused beyond their number, and end when their caller goes', async () => {
    await lockMilestones();
    const leaving = new AbortController();
    const left = ask('ann', leaving.signal).catch((error: Error) => error.name);
    const kept = ask('ben');
    await waitUntil(async () => (await running()) === 2, { what: 'both queries to run' });
    const refused = await ask('cid');
    expect([429, 503]).toContain(refused.status);
    expect(refused.headers.get('retry-after')).toBe('1');
    const agent = await headersOf('agent', 'bot');
    for (const list of ['/v1/turns', '/v1/sessions'])
      expect((await app.call('GET', list, undefined, agent)).status).toBe(200);
    leaving.abort();
    await waitUntil(async () => (await running()) === 1, { what: 'the query to end' });
    expect(await left).toBe('AbortError');
    await unlock();
    expect((await kept).status).toBe(200);
    expect((await ask('cid')).status).toBe(200);
  });
});

test('a query that takes too long is refused with advice, and affects no other', async () => {
  const app = await start(500);
  await lockMilestones();
  const headers = await headersOf('auditor', 'dee');
  let type: unknown;
  // A server under load may report it later than the default limit of the wait.
  await waitUntil(
    async () => {
      const answer = await app.call('POST', path, { steps: [{ kind: 'goal_set' }] }, headers);
      type = answer.body['type'];
      return answer.status === 400;
    },
    { what: 'the answer' },
  );
  expect(type).toBe('https://turnstream.dev/problems/query_too_broad');
  // This query reads nothing that is locked.
  const another = await app.call('GET', '/v1/turns', undefined, await headersOf('analyst', 'eve'));
  expect(another.status).toBe(200);
  await unlock();
  await app.close();
});
