import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { Breaker, createLogger, Metrics, pingPostgres, Replica, waitUntil, withClient } from '#platform';
import type { Role } from '#privacy';
import { DevelopmentIssuer } from '#privacy';
import type { Answer, TestApp } from '../apps/api/src/test-app.ts';
import { startTestApp } from '../apps/api/src/test-app.ts';
import { pgbouncer } from '../tools/backing-services/pgbouncer.ts';
import { Supervisor } from '../tools/launcher/supervisor.ts';
import { freePorts } from '../tools/shared/free-ports.ts';
import { ConversationRows } from './scenarios/scale/conversation-rows.ts';
import { readThroughFaults } from './scenarios/scale/postgres.ts';
import type { StreamingReplica } from './scenarios/scale/streaming-replica.ts';
import { startStreamingReplica } from './scenarios/scale/streaming-replica.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
const maxAgeMs = 30_000;
/** PgBouncer in front of the replica. */
const poolers = new Supervisor();
let pair: StreamingReplica;
let issuer: DevelopmentIssuer;
let pooled: URL;
/** An api that accepts old answers. */
let app: TestApp;
let rows: ConversationRows;

const start = (maxAgeMs: number, url = pair.url.replica): Promise<TestApp> =>
  startTestApp({
    issuer,
    databaseUrl: pair.url.primary,
    databaseReads: { url, maxAgeMs },
    exports: { dir: join(dir, 'files'), partRows: 100 },
  });

beforeAll(async () => {
  issuer = await DevelopmentIssuer.in(dir);
  pair = await startStreamingReplica();
  const [port = 0] = await freePorts(1);
  const program = await pgbouncer({ dir, port, url: pair.url.replica, size: 4 });
  pooled = new URL(pair.url.replica);
  pooled.port = String(port);
  await poolers.start({ ...program, name: 'pgbouncer', log: join(dir, 'pgbouncer.log') }, () =>
    pingPostgres(pooled.href),
  );
  app = await start(maxAgeMs, `${pooled.href}?pooling=transaction`);
});
afterAll(async () => {
  await app.close();
  await poolers.stop();
  await pair.stop();
  rmSync(dir, { recursive: true });
});

async function headersOf(role: Role): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await issuer.token({ role, sub: role }, 600)}` };
}

async function turns(query: string, headers: Record<string, string> = {}): Promise<Answer> {
  const path = `/v1/turns?partner_id=${rows.partnerId}&${query}`;
  return app.call('GET', path, undefined, { ...(await headersOf('agent')), ...headers });
}

const idsOf = ({ body }: Answer): string[] =>
  (body['items'] as { turn_id: string }[]).map(({ turn_id }) => turn_id);
const primary = { 'cache-control': 'no-cache' };

/** Creates turns, the newest of which is missing in the replica. */
async function behind(): Promise<{ old: string; fresh: string }> {
  await pair.pool.primary.query('TRUNCATE conversation_session, conversation_turn, projection_slot');
  rows = new ConversationRows(pair.pool.primary);
  await rows.begin();
  const old = await rows.write();
  await pair.caughtUp();
  // The api has read the primary's position of that time.
  await waitUntil(
    async () => idsOf(await turns('limit=1'))[0] === old.turn_id && (await readsOfReplica()) > 0,
    {
      what: 'an answer of the replica',
    },
  );
  await pair.pauseReplay();
  const fresh = await rows.write();
  return { old: old.turn_id, fresh: fresh.turn_id };
}

async function readsOfReplica(): Promise<number> {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  return Number(/^replica_reads_total\{.*result="replica".*\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

test('an answer of the replica states its time, and no-cache reads from the primary', async () => {
  const { old, fresh } = await behind();
  const [here, there] = [await turns('order=desc'), await turns('order=desc', primary)];
  await pair.resumeReplay();
  expect([idsOf(here), idsOf(there)]).toEqual([[old], [fresh, old]]);
  const asOf = Date.parse(here.headers.get('turnstream-as-of') ?? '');
  expect(asOf).toBeLessThan(rows.written[1]?.at ?? 0);
  expect(here.headers.get('age')).toMatch(/^\d+$/);
  expect(there.headers.get('age')).toBe('0');
});

test('a page after one of the primary comes from the primary, and one after the replica from either', async () => {
  const { old, fresh } = await behind();
  const fromPrimary = await turns('order=asc&limit=1', primary);
  const next = await turns(`order=asc&limit=1&after=${String(fromPrimary.body['next'])}`);
  await pair.resumeReplay();
  expect([idsOf(fromPrimary), idsOf(next)]).toEqual([[old], [fresh]]);
  await pair.caughtUp();
  const first = await turns('order=asc&limit=1');
  const after = String(first.body['next']);
  expect(after).toMatch(/\.[\da-f]+$/);
  for (const headers of [{}, primary])
    expect(idsOf(await turns(`order=asc&after=${after}`, headers))).toEqual([fresh]);
});

test('a follower that goes from the primary to the replica and back gets each turn once', async () => {
  const { old, fresh } = await behind();
  const pages: string[][] = [];
  let after = '';
  const follow = async (headers?: Record<string, string>): Promise<void> => {
    const page = await turns(`order=recorded${after && `&after=${after}`}`, headers);
    after = String(page.body['next']);
    pages.push(idsOf(page));
  };
  for (const headers of [{}, primary, {}, primary]) await follow(headers);
  await pair.resumeReplay();
  await pair.caughtUp();
  await follow();
  expect(pages).toEqual([[old], [fresh], [], [], []]);
});

test('an export has the primary’s data of the time of its request, however far the replica lags', async () => {
  const { old, fresh } = await behind();
  const headers = await headersOf('auditor');
  const from = '2026-01-01T00:00:00Z';
  const exported = async (): Promise<string[]> => {
    const body = { form: 'turns', format: 'ndjson', partner_id: rows.partnerId, from };
    const { export_id } = (await app.call('POST', '/v1/exports', body, headers)).body;
    const path = `/v1/exports/${String(export_id)}`;
    let files: { name: string }[] = [];
    await waitUntil(
      async () => {
        const { body } = await app.call('GET', path, undefined, headers);
        files = body['files'] as { name: string }[];
        return body['status'] === 'done';
      },
      { what: 'the export', timeoutMs: 60_000 },
    );
    const answer = await fetch(`${app.url}${path}/files/${files[0]?.name ?? ''}`, { headers });
    const lines = (await answer.text()).trim().split('\n');
    return lines.map((line) => (JSON.parse(line) as { turn_id: string }).turn_id);
  };
  expect(await exported()).toEqual([old, fresh]);
  await pair.resumeReplay();
  await pair.caughtUp();
  const before = await readsOfReplica();
  // The write of its own lease may not have reached the replica yet.
  const isRead = async (): Promise<boolean> => {
    expect(await exported()).toEqual([old, fresh]);
    return (await readsOfReplica()) > before;
  };
  await waitUntil(isRead, { what: 'an export that is read from the replica', timeoutMs: 60_000 });
});

/** Reads a replica without an api, by one connection. */
async function withReplica(
  maxAgeMs: number,
  work: (
    read: <T>(read: (client: PoolClient) => Promise<T>, maxAgeMs?: number) => Promise<unknown>,
  ) => Promise<void>,
): Promise<void> {
  const logger = createLogger('spec', 'silent');
  const { primary: primaryUrl, replica: url } = pair.url;
  const breaker = new Breaker({ retryMs: 100 });
  const replica = new Replica({ logger, url, primaryUrl, maxAgeMs, metrics: new Metrics('spec'), breaker });
  const pool = replica.createPool({ logger, max: 1 });
  try {
    await pair.caughtUp();
    const read: Parameters<typeof work>[0] = (by, ageMs) =>
      replica.read((borrowed) => withClient(pool, borrowed), by, 0n, ageMs);
    await waitUntil(async () => (await read(async () => true)) !== undefined, { what: 'the replica' });
    await work(read);
  } finally {
    await pool.end();
    await replica.close();
  }
}

test('no answer is older than configured, whatever age the caller accepts', async () => {
  await withReplica(300, async (read) => {
    await pair.pauseReplay();
    await pair.pool.primary.query('CREATE TABLE newer (); DROP TABLE newer');
    const isRead = async (): Promise<boolean> => (await read(async () => true, 60_000)) !== undefined;
    await waitUntil(async () => !(await isRead()), { what: 'the replica to be too old' });
    expect(await isRead()).toBe(false);
    await pair.resumeReplay();
  });
});

test('a read that fails on the replica is repeated on the primary', async () => {
  await withReplica(maxAgeMs, async (read) => {
    const fail = (code: string): Promise<unknown> =>
      read((client) => client.query(`DO $$ BEGIN RAISE SQLSTATE '${code}'; END $$`));
    for (const code of ['53100', '58030', '28000']) expect(await fail(code)).toBeUndefined();
    await expect(fail('22012')).rejects.toMatchObject({ code: '22012' });
  });
});

test('a read that the replica cancels because of a conflict is repeated on the primary', async () => {
  await withReplica(maxAgeMs, async (read) => {
    const ended = read(async (client) => {
      await client.query('SELECT count(*) FROM dead_letter_mark');
      await pair.pool.primary.query('BEGIN; LOCK TABLE dead_letter_mark IN ACCESS EXCLUSIVE MODE; COMMIT');
      await pair.caughtUp();
      return (await client.query('SELECT 1 AS one')).rows;
    });
    expect(await ended).toBeUndefined();
  });
});

test('readers get answers of the stated age while the replica stops replaying, hangs and is killed', async () => {
  await pair.pool.primary.query('TRUNCATE conversation_session, conversation_turn, projection_slot');
  const impatient = await start(1_000);
  const tokens = { agent: await headersOf('agent'), auditor: await headersOf('auditor') };
  const get = (path: string, role: 'agent' | 'auditor', more = {}): Promise<Response> =>
    fetch(`${impatient.url}${path}`, { headers: { ...tokens[role], ...more } });
  try {
    const {
      written,
      answers,
      reads,
      slowestMs: _,
      ...wrong
    } = await readThroughFaults(pair, { get }, { rounds: 1, forMs: 2_000, maxAgeMs: 1_000 });
    expect(wrong).toEqual({ refused: [], older: [], tooOld: [], missed: [], repeated: [] });
    expect(Math.min(written, answers)).toBeGreaterThan(0);
    expect(Object.keys(reads)).toEqual(expect.arrayContaining(['replica', 'behind', 'unavailable']));
  } finally {
    await impatient.close();
  }
});
