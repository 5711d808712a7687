import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DevelopmentIssuer } from '#privacy';
import { accessStream, StoreUnavailableError } from '#sessions';
import type { TcpProxy } from '../../../../libs/platform/src/testing/tcp-proxy.ts';
import { tcpProxy } from '../../../../libs/platform/src/testing/tcp-proxy.ts';
import { TestAgent } from '../agents/testing/test-agent.ts';
import { DeliveryRecords } from '../agents/delivery/delivery-records.ts';
import { Reads } from '../privacy/reads.ts';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const secret = `Asha-${randomUUID()}`;
const partner_id = `P-${randomUUID()}`;
const tokens = {
  service: { role: 'service' },
  agent: { role: 'agent', instance: 'bot-7' },
  other: { role: 'agent', instance: 'bot-8' },
  socket: { role: 'agent', instance: 'bot-9' },
  analyst: { role: 'analyst' },
  auditor: { role: 'auditor' },
  admin: { role: 'admin' },
} as const;
type Name = keyof typeof tokens;
const subjectOf = (name: Name): string => `${name}-${partner_id}`;
const purpose = { 'access-purpose': 'complaint:4711' };

const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
const authorizations: Partial<Record<Name, string>> = {};
let app: TestApp;
let eventStore: TcpProxy;
let id: string;
let inquiry: string;
beforeAll(async () => {
  eventStore = await tcpProxy(process.env['EVENTSTORE_URL'] ?? '');
  const issuer = await DevelopmentIssuer.in(dir);
  for (const [name, claims] of Object.entries(tokens) as [Name, (typeof tokens)[Name]][])
    authorizations[name] = `Bearer ${await issuer.token({ ...claims, sub: subjectOf(name) })}`;
  app = await startTestApp({ issuer, eventStoreUrl: eventStore.url });
  const start = {
    partner_id,
    channel: 'whatsapp',
    language: 'hi',
    name: secret,
    device: secret,
    region: secret,
  };
  const started = await call('POST', '/v1/sessions', 'service', start);
  id = String(started.body['session_id']);
  const write = async (method: string, path: string, body: object): Promise<Answer> => {
    const answer = await call(method, `/v1/sessions/${id}/${path}`, 'service', body);
    if (answer.status > 202) throw new Error(JSON.stringify(answer.body));
    return answer;
  };
  await write('POST', 'turns', {
    sender: 'user',
    message_text: secret,
    extracted_entities: { name: secret },
    message_id: secret,
    response_text: secret,
  });
  await write('POST', 'goals', { goal: 'resolve_payment', step: secret });
  await write('PUT', 'flags/vip', { value: secret });
  await write('POST', 'preferences', { preferences: { call_back: secret } });
  await write('POST', 'handoff', { action: 'request', reason: secret });
  const update = { system: 'crm', kind: 'noted', source_event_id: 'e-1', data: { note: secret } };
  await write('POST', 'external-updates', update);
  const asked = await write('POST', 'inquiries', { kind: 'order_status', subject: { order_id: 'ORD9823' } });
  inquiry = String(asked.body['inquiry_id']);
  await fail(inquiry);
  await addRow();
});
afterAll(async () => {
  await app.close();
  await eventStore.cut();
  await rm(dir, { recursive: true });
});

/** Simulates the bridge's command when a source fails. */
async function fail(inquiry_id: string): Promise<void> {
  const now = new Date().toISOString();
  const failure = { inquiry_id, source: 'orders', attempt: 1, reason: secret, reply_id: null, now };
  await app.executor.execute({
    sessionId: id,
    commands: [{ type: 'FailInquirySource', ...failure, retryable: false }],
    actor: { role: 'system', id: 'orders' },
    commandIds: [],
    body: {},
  });
}

/** Simulates the row that the projector writes. */
async function addRow(): Promise<void> {
  await app.pool.query(
    `INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
       expires_at, expires_in_s, status, revision)
     VALUES ($1, $2, now(), now(), 'whatsapp', 'hi', now(), 3600, 'active', 2)`,
    [id, partner_id],
  );
  await app.pool.query(
    `INSERT INTO conversation_turn (session_id, turn_id, partner_id, timestamp, ordered_at, sender, message_text,
       extracted_entities, response_text, channel, revision)
     VALUES ($1, $2, $3, now(), now(), 'user', $4, jsonb_build_object('name', $4::text), $4, 'whatsapp', 1)`,
    [id, randomUUID(), partner_id, secret],
  );
}

const paths = (): Record<string, string> => ({
  context: `/v1/sessions/${id}/context`,
  explained: `/v1/sessions/${id}/context?explain=1`,
  past: `/v1/sessions/${id}/context?at_revision=2`,
  difference: `/v1/sessions/${id}/context/diff`,
  events: `/v1/sessions/${id}/events`,
  turns: `/v1/turns?partner_id=${partner_id}`,
  inquiry: `/v1/sessions/${id}/inquiries/${inquiry}`,
  timeline: `/v1/sessions/${id}/inquiries/${inquiry}/timeline`,
});

const call = (
  method: string,
  path: string,
  name: Name,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer> => app.call(method, path, body, { authorization: authorizations[name] ?? '', ...headers });

const get = (path: string, name: Name, headers?: Record<string, string>): Promise<Answer> =>
  call('GET', path, name, undefined, headers);

interface Recorded {
  readonly subject: string;
  readonly action: string;
}

/** The access records of a caller. */
async function recordsOf(name: Name): Promise<Recorded[]> {
  const events = await Array.fromAsync(app.store.read(accessStream(new Date())));
  return events
    .map(({ data }) => data as never as Recorded)
    .filter(({ subject }) => subject === subjectOf(name));
}

describe.each(['context', 'explained', 'past', 'difference', 'events', 'turns', 'inquiry', 'timeline'])(
  '%s',
  (name) => {
    test.each<[Name, object, boolean]>([
      ['agent', {}, true],
      ['analyst', {}, false],
      ['analyst', purpose, false],
      ['auditor', {}, false],
      ['auditor', purpose, true],
      ['admin', {}, false],
      ['admin', purpose, true],
    ])('%s with %j sees what is personal: %s', async (caller, headers, isShown) => {
      const { status, body } = await get(paths()[name] ?? '', caller, { ...headers });
      expect(status).toBe(200);
      expect(JSON.stringify(body).includes(secret)).toBe(isShown);
      expect(JSON.stringify(body).includes('[masked]')).toBe(!isShown);
    });
  },
);

test('an invalid purpose is refused', async () => {
  const { status, body } = await get(paths()['turns'] ?? '', 'auditor', { 'access-purpose': 'Asha Rao' });
  expect([status, body['errors']]).toMatchObject([400, [{ field: 'access-purpose' }]]);
});

test('each unmasked read of an auditor is recorded, a masked one is not', async () => {
  const before = (await recordsOf('auditor')).length;
  await get(paths()['turns'] ?? '', 'auditor');
  await get(paths()['turns'] ?? '', 'auditor', purpose);
  await get(paths()['timeline'] ?? '', 'auditor', purpose);
  const records = (await recordsOf('auditor')).slice(before);
  expect(records).toMatchObject([
    {
      action: 'read_turns',
      partner_ids: [partner_id],
      session_ids: [id],
      session_partners: [partner_id],
      purpose: 'complaint:4711',
    },
    { action: 'read_inquiry_timeline', partner_ids: [partner_id], session_ids: [id] },
  ]);
});

describe('a search by a value', () => {
  const search = (name: Name, headers?: Record<string, string>): Promise<Answer> =>
    call(
      'POST',
      '/v1/turns/search',
      name,
      { entity: { name: 'name', value: 'nobody' }, partner_id },
      headers,
    );

  test.each<[Name, object, number]>([
    ['agent', {}, 200],
    ['analyst', {}, 403],
    ['analyst', purpose, 403],
    ['auditor', {}, 400],
    ['auditor', purpose, 200],
    ['admin', {}, 400],
    ['admin', purpose, 200],
  ])('of %s with %j is answered with %i', async (name, headers, status) => {
    expect((await search(name, { ...headers })).status).toBe(status);
  });

  test('of an auditor is recorded even without results', async () => {
    const before = (await recordsOf('auditor')).length;
    expect((await search('auditor', purpose)).body['items']).toEqual([]);
    const records = (await recordsOf('auditor')).slice(before);
    expect(records).toMatchObject([
      { action: 'search_turns', partner_ids: [partner_id], session_ids: [], purpose: 'complaint:4711' },
    ]);
  });
});

test('reads of an agent are recorded once per session and hour', async () => {
  await Promise.all(Object.values(paths()).flatMap((path) => [get(path, 'other'), get(path, 'other')]));
  expect(await recordsOf('other')).toMatchObject([{ partner_ids: [partner_id], session_ids: [id] }]);
});

test('updates sent to an agent are recorded once per session and hour', async () => {
  for (const _ of [1, 2]) {
    const agent = new TestAgent(app.url, 'bot-9', { token: authorizations.socket?.slice('Bearer '.length) });
    await agent.hello(`pool-${partner_id}`);
    await agent.attach(id);
    agent.kill();
  }
  expect(await recordsOf('socket')).toMatchObject([
    { action: 'receive_updates', instance: 'bot-9', partner_ids: [partner_id], session_ids: [id] },
  ]);
});

test('an update waits for the record of its hour', async () => {
  const agent = new TestAgent(app.url, 'bot-9', { token: authorizations.socket?.slice('Bearer '.length) });
  await agent.hello(`pool-${partner_id}`);
  await agent.attach(id);
  // Simulates that an hour has passed, and that the event store does not answer at first.
  const isRecorded = jest.spyOn(DeliveryRecords.prototype, 'isRecorded').mockReturnValue(false);
  const record = jest.spyOn(Reads.prototype, 'record').mockRejectedValueOnce(new StoreUnavailableError());
  const sentBefore = (): unknown[] => agent.frames.filter(({ type }) => type === 'update');
  record.mockImplementationOnce(async () => expect(sentBefore()).toEqual([]));
  await call('PUT', `/v1/sessions/${id}/flags/late`, 'service', {});
  expect(await agent.updateRevisions(id, 1)).toHaveLength(1);
  expect(record.mock.calls).toEqual([
    [expect.anything(), 'receive_updates', [expect.objectContaining({ session_id: id })]],
    [expect.anything(), 'receive_updates', [expect.objectContaining({ session_id: id })]],
  ]);
  isRecorded.mockRestore();
  record.mockRestore();
  agent.kill();
});

test('only agents and services follow events as they happen', async () => {
  const path = `/v1/sessions/${id}/stream`;
  for (const caller of ['analyst', 'auditor', 'admin'] as const) {
    const { status, body } = await get(path, caller, purpose);
    expect([status, body['type']]).toEqual([403, 'https://turnstream.dev/problems/forbidden']);
  }
});

test.each<[Name, number]>([
  ['agent', 403],
  ['service', 403],
  ['analyst', 403],
  ['auditor', 200],
  ['admin', 200],
])('the access log answers %s with %i', async (name, status) => {
  const time = new Date().toISOString();
  const answers = [get('/v1/access', name), get(`/v1/access/summary?from=${time}&to=${time}`, name)];
  expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual([status, status]);
});

test('a read that cannot be recorded is refused', async () => {
  await eventStore.cut();
  const path = paths()['turns'] ?? '';
  expect(await get(path, 'analyst')).toMatchObject({ status: 200 });
  const refused = await get(path, 'auditor', purpose);
  expect(refused.status).toBe(503);
  const query = { entity: { name: 'name', value: 'nobody' } };
  expect(await call('POST', '/v1/turns/search', 'auditor', query, purpose)).toMatchObject({ status: 503 });
  expect(JSON.stringify(refused.body)).not.toContain(secret);
});
