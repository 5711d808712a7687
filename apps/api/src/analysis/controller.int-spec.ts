import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '#platform';
import type { TokenClaims } from '#privacy';
import { DataKeys, DevelopmentIssuer, openKeyStore, openMasterKeys, tokenOf, withNewKey } from '#privacy';
import { RowsStore } from '#read-models';
import { accessStream, readEvents } from '#sessions';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-audit-'));
const partner_id = `P-${randomUUID()}`;
const purpose = { 'access-purpose': 'audit:march' };
let issuer: DevelopmentIssuer;
let database: TestDatabase;
let app: TestApp;
let keys: DataKeys;
let phone: string;
let forkId: string;

beforeAll(async () => {
  issuer = await DevelopmentIssuer.in(dir);
  database = await createTestDatabase();
  const file = join(dir, 'master.json');
  writeFileSync(file, JSON.stringify(withNewKey(undefined, new Date())), { mode: 0o600 });
  const address = { KEYSTORE_URL: `file:${join(dir, 'keys.db')}`, MASTER_KEYS: `file:${file}` };
  app = await startTestApp({
    issuer,
    databaseUrl: database.url,
    env: { ...address, TEXT_SEARCH: 'partner' },
  });
  const store = openKeyStore(address.KEYSTORE_URL, createLogger('spec', 'silent'));
  keys = new DataKeys(store, openMasterKeys(address.MASTER_KEYS));
  const started = await send('/v1/sessions', { partner_id, channel: 'whatsapp', language: 'hi' });
  const id = String(started.body['session_id']);
  const forked = await send(`/v1/sessions/${id}/fork`, { purpose: 'what_if' });
  forkId = String(forked.body['session_id']);
  for (const session of [id, forkId]) await converse(session);
  phone = tokenOf(await keys.of(partner_id), 'phone', '+919876543210');
  await project(id, forkId);
});
afterAll(async () => {
  await app.close();
  await database.drop();
  rmSync(dir, { recursive: true });
});

async function converse(session: string): Promise<void> {
  const turn = { message_text: 'Mera paisa kab? 98765 43210', parsed_intent: 'ask_payment_status' };
  await send(`/v1/sessions/${session}/goals`, { goal: 'pay' });
  await send(`/v1/sessions/${session}/turns`, { sender: 'user', ...turn });
  await send(`/v1/sessions/${session}/handoff`, { action: 'request' });
}

/** Simulates the projector. */
async function project(...sessions: string[]): Promise<void> {
  const events = await Promise.all(
    sessions.map(async (session_id) =>
      (await Array.fromAsync(readEvents(app.store, session_id))).map((event) => ({ session_id, event })),
    ),
  );
  const items = events.flat().map((item, n) => ({ ...item, position: BigInt(n + 1) }));
  const writer = { partition: 0, owner: 'spec', epoch: 0n, position: null };
  await new RowsStore(database.pool, { textSearch: 'partner', keys, rebuilding: true }).write(
    writer,
    items,
    99n,
    null,
  );
}

async function call(
  claims: Partial<TokenClaims>,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const bearer = await issuer.token({ role: 'service', sub: 'spec', ...claims }, 600);
  return app.call(method, path, body, { authorization: `Bearer ${bearer}`, ...headers });
}
const send = (path: string, body: object): Promise<Answer> => call({}, 'POST', path, body);
const search = (body: object): Promise<Answer> => call(auditor, 'POST', '/v1/turns/search', body, purpose);
const analyst = { role: 'analyst' } as const;
const auditor = { role: 'auditor' } as const;

const codeOf = ({ status, body }: Answer): unknown[] => [status, String(body['type']).split('/').at(-1)];

describe('a timeline', () => {
  const path = `/v1/partners/${partner_id}/timeline`;

  test('has turns and the course of sessions, masked for analysts', async () => {
    const { body } = await call(analyst, 'GET', path);
    expect(body['items']).toMatchObject([
      { kind: 'session_started', name: 'whatsapp', turn: null },
      { kind: 'goal_set', name: 'pay' },
      { kind: 'turn', turn: { message_text: '[masked]', goal: 'pay', channel: 'whatsapp' } },
      { kind: 'handoff_requested' },
    ]);
  });

  test('shows unmasked turns to auditors with a purpose, and records it', async () => {
    const { body } = await call(auditor, 'GET', `${path}?limit=3`, undefined, purpose);
    expect(JSON.stringify(body)).toContain('Mera paisa kab? tok_phone_');
    const records = await Array.fromAsync(app.store.read(accessStream(new Date())), ({ data }) => data);
    expect(records).toContainEqual(
      expect.objectContaining({ action: 'read_timeline', partner_ids: [partner_id], purpose: 'audit:march' }),
    );
  });

  test('continues at the Link', async () => {
    const { headers } = await call(analyst, 'GET', `${path}?limit=3`);
    const next = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1] ?? '';
    expect((await call(analyst, 'GET', next)).body).toMatchObject({
      items: [{ kind: 'handoff_requested' }],
      next: null,
    });
  });
});

test('the newest page of turns links to later turns', async () => {
  const { headers, body } = await call(analyst, 'GET', `/v1/turns?order=desc&partner_id=${partner_id}`);
  expect(body['items']).toHaveLength(1);
  const latest = /<([^>]+)>; rel="latest"/.exec(headers.get('link') ?? '')?.[1] ?? '';
  const page = await call(analyst, 'GET', latest);
  expect(page).toMatchObject({ status: 200, body: { next: expect.any(String) } });
  expect(page.headers.get('link')).toMatch(/order=recorded.*rel="next"/);
});

describe('a value', () => {
  test('is found by its token by roles that may search', async () => {
    for (const list of ['turns', 'sessions']) {
      const path = `/v1/${list}?entity=${phone}`;
      expect((await call({}, 'GET', path)).body['items']).toHaveLength(1);
      expect((await call(auditor, 'GET', path, undefined, purpose)).body['items']).toHaveLength(1);
      expect(codeOf(await call(auditor, 'GET', path))).toEqual([400, 'validation_failed']);
      expect(codeOf(await call(analyst, 'GET', path))).toEqual([403, 'forbidden']);
    }
  });

  test('searches a limited period without a partner or a session', async () => {
    const old = 'from=2020-01-01T00:00:00Z';
    const entity = { name: 'month', value: 'October' };
    for (const list of ['turns', 'sessions']) {
      const tooLong = await call({}, 'GET', `/v1/${list}?entity=${phone}&${old}`);
      expect(tooLong).toMatchObject({ status: 400, body: { errors: [{ field: 'from' }] } });
      expect(
        (await call({}, 'GET', `/v1/${list}?entity=${phone}&partner_id=${partner_id}&${old}`)).status,
      ).toBe(200);
    }
    const from = '2020-01-01T00:00:00Z';
    expect(codeOf(await call({}, 'POST', '/v1/turns/search', { entity, from }))).toEqual([
      400,
      'validation_failed',
    ]);
    expect(codeOf(await search({ entity, from }))).toEqual([400, 'validation_failed']);
    expect((await search({ entity, from, to: '2020-12-31T00:00:00Z' })).status).toBe(200);
    expect((await search({ entity, from, partner_id })).status).toBe(200);
  });

  test('within a text is found by words, for a named partner', async () => {
    for (const text of ['पैसा', 'PAISE kab'])
      expect((await search({ text, partner_id })).body['items']).toHaveLength(1);
    expect((await search({ text: 'paisa', partner_id: 'P-nobody' })).body['items']).toEqual([]);
    expect(codeOf(await search({ text: 'paisa' }))).toEqual([400, 'validation_failed']);
    expect(codeOf(await search({ partner_id }))).toEqual([400, 'validation_failed']);
    expect(codeOf(await search({ text: '?!', partner_id }))).toEqual([400, 'validation_failed']);
  });
});

test('counts and journeys are of the partners that a token reaches', async () => {
  const counts = `/v1/stats/turns?by=intent,outcome`;
  const steps = { steps: [{ kind: 'goal_set' }, { kind: 'handoff_requested' }] };
  for (const [limits, found] of [
    [{ partners: [partner_id], channels: ['whatsapp'] }, 1],
    [{ partners: ['P-other'] }, 0],
  ] as const) {
    const { body } = await call({ ...analyst, ...limits }, 'GET', counts);
    expect(body['counts']).toHaveLength(found);
    const journeys = await call({ ...analyst, ...limits }, 'POST', '/v1/journeys/search', steps);
    expect(journeys.body['items']).toHaveLength(found);
  }
  const regional = { ...analyst, regions: ['IN-KA'] };
  expect((await call(regional, 'GET', counts)).status).toBe(403);
});

const countsWith = async (query: string): Promise<unknown> =>
  (await call(analyst, 'GET', `/v1/stats/turns?by=intent${query}`)).body['counts'];

/** The sessions that match the steps. */
async function journeysWith(more: object): Promise<string[]> {
  const steps = [{ kind: 'goal_set' }, { kind: 'handoff_requested' }];
  const { body } = await call(analyst, 'POST', '/v1/journeys/search', { steps, ...more });
  const items = body['items'] as Record<string, unknown>[];
  return items.map(({ session_id }) => (session_id === forkId ? 'fork' : 'session')).toSorted();
}

describe('a fork', () => {
  test('is counted only on request', async () => {
    expect(await countsWith('')).toMatchObject([{ turns: 1, sessions: 1 }]);
    expect(await countsWith('&forks=include')).toMatchObject([{ turns: 2, sessions: 2 }]);
    expect(await countsWith('&forks=only')).toMatchObject([{ turns: 1, sessions: 1 }]);
  });

  test('is a journey only on request', async () => {
    expect(await journeysWith({})).toEqual(['session']);
    expect(await journeysWith({ forks: 'include' })).toEqual(['fork', 'session']);
    expect(await journeysWith({ forks: 'only' })).toEqual(['fork']);
  });

  test('is in no timeline', async () => {
    const { body } = await call(analyst, 'GET', `/v1/partners/${partner_id}/timeline`);
    expect(JSON.stringify(body)).not.toContain(forkId);
    expect((await call(analyst, 'GET', `/v1/turns?session_id=${forkId}`)).body['items']).toHaveLength(1);
  });
});

test.each([
  'stats/turns?by=day,day',
  'stats/turns?by=weather',
  'stats/turns?timezone=Mars/Olympus',
  'stats/turns?timezone=%2B05:30',
  'stats/turns?from=2020-01-01&to=2026-01-01',
  'turns?entity=9876543210',
  'turns?order=sideways',
  'turns?order=recorded&after=W10',
  'turns?handoff=maybe',
  'sessions?order=recorded',
  `partners/${partner_id}/timeline?after=x`,
])('GET /v1/%s is refused', async (path) => {
  expect((await call({ role: 'admin' }, 'GET', `/v1/${path}`, undefined, purpose)).status).toBe(400);
});

test.each([
  [{ steps: [] }],
  [{ steps: [{ kind: 'nothing' }] }],
  [{ steps: [{ kind: 'goal_set', not: true }] }],
  [{ steps: [{ kind: 'goal_set' }, { kind: 'goal_completed', within_s: -1 }] }],
  [{ steps: [{ kind: 'goal_set' }], forks: 'yes' }],
])('POST /v1/journeys/search %j is refused', async (body) => {
  expect((await call(analyst, 'POST', '/v1/journeys/search', body)).status).toBe(400);
});
