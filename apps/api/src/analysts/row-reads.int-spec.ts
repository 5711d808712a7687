import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import type { PoolClient } from 'pg';
import { AbandonedError, waitUntil } from '#platform';
import type { Caller, Role } from '#privacy';
import { DevelopmentIssuer } from '#privacy';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';
import type { AnalystPool } from './pool.ts';
import type { ReplicaReads } from './replica-reads.ts';
import { RowReads } from './row-reads.ts';

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

test('when an agent has gone, no further statement of its read is sent, and the others go on', async () => {
  const breaker = new PostgresBreaker();
  const reads = new RowReads(database.pool, breaker, {} as AnalystPool, { pools: undefined } as ReplicaReads);
  const socket = new Socket();
  const caller = { role: 'agent' } as Caller;
  const request = { raw: { socket }, headers: {}, caller } as unknown as FastifyRequest;
  const sent: string[] = [];
  const read = reads.run(request, async (db) => {
    for (const text of ['SELECT 1', 'SELECT 2', 'SELECT 3']) {
      await db.query(text);
      sent.push(text);
      if (sent.length === 2) await once(socket.destroy(), 'close');
    }
  });
  await expect(read).rejects.toBeInstanceOf(AbandonedError);
  expect(sent).toEqual(['SELECT 1', 'SELECT 2']);
  expect(breaker.isOpen).toBe(false);
  const another = { ...request, raw: { socket: new Socket() } } as unknown as FastifyRequest;
  expect(await reads.run(another, (db) => db.query('SELECT 1'))).toMatchObject({ rowCount: 1 });
});
