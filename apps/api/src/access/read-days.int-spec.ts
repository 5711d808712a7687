import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { Role } from '#privacy';
import { DevelopmentIssuer, roles } from '#privacy';
import { oldSessions } from '#read-models';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { TestAgent } from '../agents/testing/test-agent.ts';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';
import { addOldSession, dayMs } from './test-old-sessions.ts';
import type { TestRoute } from './test-routes.ts';
import { testRoutes } from './test-routes.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-read-days-'));
const month = roles.map((role) => `${role}:30`).join(',');
const purpose = { 'access-purpose': 'audit:1' };
const correlation = `c-${randomUUID()}`;
const partner_id = `P-${randomUUID()}`;
const gone = `P-${randomUUID()}`;
let issuer: DevelopmentIssuer;
let database: TestDatabase;
let app: TestApp;
/** Two sessions that ended, and an active one without activity for as long as the older of them. */
let old: string;
let recent: string;
let idle: string;
/** A session whose row says that it is active, and may be outdated. */
let setAside: string;

beforeAll(async () => {
  issuer = await DevelopmentIssuer.in(dir);
  database = await createTestDatabase();
  app = await startTestApp({
    issuer,
    databaseUrl: database.url,
    exports: { dir: join(dir, 'exports'), partRows: 100 },
    env: { READ_SESSIONS_DAYS: month, READ_PARTNERS_DAYS: month, READ_ACCESS_DAYS: month },
  });
  old = await addOldSession(app, { partner_id, daysAgo: 31, isOver: true, correlation });
  recent = await addOldSession(app, { partner_id, daysAgo: 29, isOver: true, correlation });
  idle = await addOldSession(app, { partner_id, daysAgo: 31, isOver: false, correlation });
  setAside = await addOldSession(app, { partner_id, daysAgo: 31, isOver: false });
  // Simulates the projector.
  await app.pool.query(
    `INSERT INTO set_aside_session (session_id, revision, event_id, type, reason, since)
     VALUES ($1, 4, 'e', 'SessionEnded', 'malformed_event', now())`,
    [setAside],
  );
  await addOldSession(app, { partner_id: gone, daysAgo: 31, isOver: true });
});
afterAll(async () => {
  await app.close();
  await database.drop();
  rmSync(dir, { recursive: true });
});

const operations = await testRoutes();

async function headersOf(role: Role, more: object = {}): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await issuer.token({ role, sub: 'spec', instances: ['*'] })}`, ...more };
}
async function call(role: Role, method: string, path: string, body?: object, more = {}): Promise<Answer> {
  return app.call(method, path, body, await headersOf(role, more));
}
const told = ({ status, body }: Answer): unknown[] => [status, body['type'], body['detail']];

/** The status of a call whose answer may have no end. */
async function statusOf(role: Role, { method, body, headers }: TestRoute, path: string): Promise<number> {
  const stop = new AbortController();
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const { status } = await fetch(`${app.url}${path}`, {
    method,
    headers: await headersOf(role, { ...headers, ...json }),
    ...(body && { body: JSON.stringify(body) }),
    signal: stop.signal,
  });
  stop.abort();
  return status;
}

describe('a session that ended before the days that a role reads', () => {
  const ofSessions = operations.filter(({ template }) => template.includes('{session_id}'));

  test('is not found on any route', async () => {
    expect(ofSessions.length).toBeGreaterThan(20);
    for (const { method, path, body, headers, rule } of ofSessions) {
      const own = path.replace(/sessions\/[\w-]{36}/, `sessions/${old}`);
      for (const role of rule?.roles ?? []) {
        const there = await call(role, method, own, body, headers);
        const missing = await call(role, method, path, body, headers);
        expect([role, method, own, ...told(there)]).toEqual([role, method, own, ...told(missing)]);
        expect([own, there.status]).toEqual([own, 404]);
      }
    }
  });

  test('is found on every route while it is active, or ended later', async () => {
    for (const operation of ofSessions) {
      if (operation.template.includes('{inquiry_id}')) continue;
      for (const role of operation.rule?.roles ?? [])
        for (const [daysAgo, isOver] of [
          [31, false],
          [29, true],
        ] as const) {
          const id = await addOldSession(app, { partner_id: `P-${randomUUID()}`, daysAgo, isOver });
          const path = operation.path.replace(/sessions\/[\w-]{36}/, `sessions/${id}`);
          const status = await statusOf(role, operation, path);
          expect([role, operation.method, path, status === 404]).toEqual([
            role,
            operation.method,
            path,
            false,
          ]);
        }
    }
  });

  test('can be ended after as long a pause, also by a request that is repeated', async () => {
    const id = await addOldSession(app, { partner_id: `P-${randomUUID()}`, daysAgo: 31, isOver: false });
    const key = { 'idempotency-key': randomUUID() };
    const end = (): Promise<Answer> => call('agent', 'POST', `/v1/sessions/${id}/end`, {}, key);
    const { status, body } = await end();
    expect(status).toBe(200);
    expect(await end()).toMatchObject({ status, body });
    expect((await call('agent', 'GET', `/v1/sessions/${id}`)).status).toBe(404);
  });

  test('is in no list, search or count, nor is one that is set aside', async () => {
    const since = new Date(Date.now() - 60 * dayMs).toISOString();
    const filter = `partner_id=${partner_id}&from=${since}`;
    const entity = { name: 'month', value: 'October' };
    const steps = [{ kind: 'goal_set', name: 'pay' }];
    const lists: Record<string, Answer> = {
      sessions: await call('auditor', 'GET', `/v1/sessions?${filter}`),
      turns: await call('auditor', 'GET', `/v1/turns?${filter}`),
      followed: await call('auditor', 'GET', `/v1/turns?${filter}&order=recorded`),
      search: await call('auditor', 'POST', '/v1/turns/search', { entity, partner_id }, purpose),
      timeline: await call('auditor', 'GET', `/v1/partners/${partner_id}/timeline`),
      journeys: await call('auditor', 'POST', '/v1/journeys/search', { steps, partner_id, from: since }),
    };
    for (const [name, { body }] of Object.entries(lists)) {
      const ids = (body['items'] as { session_id: string }[]).map(({ session_id }) => session_id);
      expect([name, new Set(ids)]).toEqual([name, new Set([recent, idle])]);
    }
    const { body } = await call('auditor', 'GET', `/v1/stats/turns?${filter}&by=channel`);
    expect(body['counts']).toMatchObject([{ turns: 2, sessions: 2 }]);
    expect((await call('auditor', 'GET', `/v1/turns?session_id=${old}`)).status).toBe(404);
    for (const id of [old, setAside])
      expect((await call('auditor', 'GET', `/v1/sessions?session_id=${id}`)).body['items']).toEqual([]);
  });

  test('is the one that the retention with as many days deletes', async () => {
    const before = new Date(Date.now() - 30 * dayMs).toISOString();
    const deleted = await oldSessions(app.pool, before, undefined, 1_000);
    expect(deleted.flatMap((one) => (one.partner_id === partner_id ? [one.session_id] : []))).toEqual([old]);
  });

  test('is in no trace', async () => {
    const { body } = await call('auditor', 'GET', `/v1/trace/${correlation}`);
    expect(new Set(body['session_ids'] as string[])).toEqual(new Set([recent, idle]));
  });

  test.each(['turns', 'sessions', 'events', 'training'])(
    'is in no export of %s, nor is one that is set aside',
    async (form) => {
      const headers = await headersOf('auditor', purpose);
      const from = new Date(Date.now() - 60 * dayMs).toISOString();
      const request = { form, format: 'ndjson', from, partner_id };
      const made = await app.call('POST', '/v1/exports', request, headers);
      const path = `/v1/exports/${String(made.body['export_id'])}`;
      let { body } = made;
      const isDone = async (): Promise<boolean> => {
        ({ body } = await app.call('GET', path, undefined, headers));
        return body['status'] === 'done';
      };
      await waitUntil(isDone, { what: 'the export' });
      const [file] = body['files'] as { name: string }[];
      const text = await (await fetch(`${app.url}${path}/files/${file?.name}`, { headers })).text();
      const found = [old, setAside, recent, idle].map((id) => text.includes(id));
      expect(found).toEqual([false, false, true, true]);
    },
  );

  test('is in no archive, nor is one that is set aside', async () => {
    const headers = await headersOf('auditor', purpose);
    const answer = await fetch(`${app.url}/v1/partners/${partner_id}/archive`, { headers });
    const zip = Buffer.from(await answer.arrayBuffer());
    const found = [old, setAside, recent, idle].map((id) => zip.includes(`sessions/${id}.json`));
    expect(found).toEqual([false, false, true, true]);
  });

  test('cannot be attached over the WebSocket', async () => {
    const { authorization } = await headersOf('agent');
    const agent = new TestAgent(app.url, undefined, { token: authorization?.replace('Bearer ', '') });
    try {
      await agent.hello(`pool-${randomUUID()}`);
      agent.send({ type: 'attach', session_id: old });
      expect(await agent.next(({ type }) => type === 'error')).toMatchObject({ code: 'not_found' });
      await agent.attach(idle);
    } finally {
      agent.kill();
    }
  });
});

describe('a partner whose last contact is before the days that a role reads', () => {
  const ofPartners = operations.filter(({ template }) => template.includes('{partner_id}'));
  const shown = ofPartners.filter(({ rule }) => !['command', 'erase', 'hold'].includes(rule?.act ?? ''));

  test('is not found on any route that shows something of it', async () => {
    expect(shown.length).toBeGreaterThan(2);
    for (const { template, method, body, headers, rule } of shown)
      for (const role of rule?.roles ?? []) {
        const of = (id: string): Promise<Answer> =>
          call(role, method, template.replace('{partner_id}', id), body, headers);
        const there = await of(gone);
        expect([role, template, there.status]).toEqual([role, template, 404]);
        expect(told(there)).toEqual(told(await of(`P-${randomUUID()}`)));
      }
  });

  test('is found with a later contact', async () => {
    for (const operation of shown)
      for (const role of operation.rule?.roles ?? []) {
        const path = operation.template.replace('{partner_id}', partner_id);
        expect([role, path, await statusOf(role, operation, path)]).toEqual([role, path, 200]);
      }
  });

  test('can be put on hold and erased', async () => {
    const path = `/v1/partners/${gone}`;
    const reason = { reason: 'ticket:1' };
    expect((await call('admin', 'PUT', `${path}/hold`, reason)).status).toBe(200);
    expect((await call('admin', 'DELETE', `${path}/hold`)).status).toBe(200);
    expect((await call('admin', 'GET', `${path}/erasure`)).status).toBe(200);
  });

  test.each([
    [29, { tone: 'formal' }],
    [31, {}],
  ])('last seen %i days ago begins the next session with the memory %j', async (daysAgo, preferences) => {
    const partner = `P-${randomUUID()}`;
    const start = { channel: 'whatsapp', language: 'hi' };
    const next = async (): Promise<string> => {
      const { body } = await call('agent', 'POST', `/v1/partners/${partner}/session`, start);
      return String(body['session_id']);
    };
    const first = await next();
    const formal = { preferences: { tone: 'formal' } };
    const changed = await call('agent', 'POST', `/v1/sessions/${first}/preferences`, formal);
    expect(changed.status).toBe(200);
    await call('agent', 'POST', `/v1/sessions/${first}/end`, {});
    await addOldSession(app, { partner_id: partner, daysAgo, isOver: true });
    const { body } = await call('agent', 'GET', `/v1/sessions/${await next()}/context`);
    expect(body).toMatchObject({ session: { previous_session_id: first } });
    expect((body['short_term_memory'] as { preferences: object }).preferences).toEqual(preferences);
  });
});

test('an entry of the access log is shown for as many days as the role reads', async () => {
  const event_id = { old: randomUUID(), recent: randomUUID() };
  for (const [id, days] of [
    [event_id.old, 31],
    [event_id.recent, 29],
  ] as const) {
    const at = new Date(Date.now() - days * dayMs).toISOString();
    // Simulates the projector.
    await app.pool.query(
      `INSERT INTO access_record (event_id, at, kind, role, subject, action, session_ids, correlation_id)
       VALUES ($1, $2, 'read', 'auditor', 'someone', 'read_turns', '{}', 'c')`,
      [id, at],
    );
    await app.pool.query('INSERT INTO access_record_partner VALUES ($1, $2, $3)', [partner_id, at, id]);
  }
  for (const path of ['/v1/access?subject=someone', `/v1/access?partner_id=${partner_id}&subject=someone`]) {
    const { body } = await call('auditor', 'GET', path);
    expect(body['items']).toMatchObject([{ event_id: event_id.recent }]);
  }
  const period = `from=${new Date(Date.now() - 60 * dayMs).toISOString()}&to=2100-01-01T00:00:00Z`;
  const { body } = await call('auditor', 'GET', `/v1/access/summary?${period}`);
  expect(body['items']).toContainEqual(expect.objectContaining({ subject: 'someone', records: 1 }));
});
