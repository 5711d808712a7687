import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { accessStream, partnerStream } from '#sessions';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;

beforeAll(async () => {
  process.env['RETENTION_FLOOR_DAYS'] = '365';
  app = await startTestApp();
  delete process.env['RETENTION_FLOOR_DAYS'];
});
afterAll(() => app.close());

const reason = { reason: 'ticket:8812' };

async function startPartner(): Promise<{ partner_id: string; session_id: string; path: string }> {
  const partner_id = `P-${randomUUID()}`;
  const session_id = await app.start({ partner_id });
  const path = `/v1/partners/${partner_id}`;
  // Simulates the projector.
  await app.pool.query(
    `INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
       expires_at, expires_in_s, status, revision)
     VALUES ($1, $2, now(), now(), 'whatsapp', 'hi', now(), 60, 'ended', 0) ON CONFLICT DO NOTHING`,
    [session_id, partner_id],
  );
  return { partner_id, session_id, path };
}

async function recorded(): Promise<unknown[]> {
  return Array.fromAsync(app.store.read(accessStream(new Date())), ({ data }) => data);
}

test('a partner whose data have to be kept is restricted to the named role', async () => {
  const { partner_id, session_id, path } = await startPartner();
  const answer = await app.call('DELETE', path, reason);
  expect(answer.status).toBe(202);
  expect(answer.body).toMatchObject({ partner_id, status: 'restricted', reason: 'ticket:8812' });
  const due = Date.parse(String(answer.body['due_at']));
  expect(Math.round((due - Date.now()) / 86_400_000)).toBe(365);
  await waitUntil(async () => {
    const { status } = await app.call('GET', `/v1/sessions/${session_id}/context`);
    return status === 403;
  });
  for (const api of ['/v1', '/%761'])
    expect((await app.call('GET', `${api}/sessions?partner_id=${partner_id}`)).body).toMatchObject({
      items: [],
    });
  expect((await app.call('GET', `${path}/erasure`)).body).toMatchObject({ status: 'restricted' });
  const start = { channel: 'whatsapp', language: 'hi' };
  expect((await app.call('POST', '/v1/sessions', { ...start, partner_id })).body).toMatchObject({
    status: 409,
    reason: 'partner_restricted',
  });
});

test.each([
  ['archive', 'GET', 'archive', undefined],
  ['values of tokens', 'POST', 'detokenise', { tokens: ['tok'], purpose: 'refund:4711' }],
  ['running session', 'POST', 'session', { channel: 'whatsapp', language: 'hi' }],
])('the %s of a restricted partner is refused to other roles', async (_, method, route, body) => {
  const { session_id, path } = await startPartner();
  await app.call('DELETE', path, reason);
  await waitUntil(async () => (await app.call('GET', `/v1/sessions/${session_id}`)).status === 403);
  const answer = await app.call(method, `${path}/${route}`, body, { 'access-purpose': 'request:41' });
  expect([answer.status, answer.body['type']]).toEqual([
    403,
    'https://turnstream.dev/problems/partner_restricted',
  ]);
});

test('an open stream of a restricted partner ends before the next event', async () => {
  const { session_id, path } = await startPartner();
  const stream = await fetch(`${app.url}/v1/sessions/${session_id}/stream`);
  await app.call('DELETE', path, reason);
  await waitUntil(async () => (await app.call('GET', `/v1/sessions/${session_id}`)).status === 403);
  const actor = { role: 'system', id: 'spec' } as const;
  const command = { type: 'RaiseFlag', flag: 'urgent', value: true } as const;
  const ids = { commandIds: [randomUUID()], body: {} };
  await app.executor.execute({ sessionId: session_id, commands: [command], actor, ...ids });
  expect(await stream.text()).not.toContain('FlagRaised');
});

test('a session that no table has yet is restricted, too', async () => {
  const partner_id = `P-${randomUUID()}`;
  const session_id = await app.start({ partner_id });
  expect((await app.call('DELETE', `/v1/partners/${partner_id}`, reason)).status).toBe(202);
  await waitUntil(async () => (await app.call('GET', `/v1/sessions/${session_id}/context`)).status === 403);
});

/** A partner who has no session in the tables. */
async function remembered(): Promise<{ partner_id: string; path: string }> {
  const partner_id = `P-${randomUUID()}`;
  const path = `/v1/partners/${partner_id}`;
  await app.call('PUT', `${path}/hold`, { reason: 'case:7' });
  await app.call('DELETE', `${path}/hold`);
  return { partner_id, path };
}

test('the data are kept from the last contact, also if the retention has deleted its session', async () => {
  const { partner_id, path } = await remembered();
  await app.pool.query(
    `INSERT INTO partner_retention (partner_id, seen_at) VALUES ($1, now() - interval '400 days')`,
    [partner_id],
  );
  expect((await app.call('DELETE', path, reason)).body).toMatchObject({ status: 'in_progress' });
});

test('the data of a partner without a known contact are kept from the last change of the memory', async () => {
  const { partner_id, path } = await remembered();
  const changed = (await app.store.readLast(partnerStream(partner_id)))?.created.getTime() ?? 0;
  await waitUntil(() => Date.now() > changed + 20);
  const { due_at } = (await app.call('DELETE', path, reason)).body;
  expect(Date.parse(String(due_at))).toBe(changed + 365 * 86_400_000);
});

test('an erasure that waits can be withdrawn', async () => {
  const { partner_id, session_id, path } = await startPartner();
  await app.call('DELETE', path, reason);
  expect((await app.call('DELETE', `${path}/erasure`)).body).toMatchObject({ status: 'none' });
  await waitUntil(async () => (await app.call('GET', `/v1/sessions/${session_id}`)).status === 200);
  await app.start({ partner_id });
  expect((await app.call('DELETE', `${path}/erasure`)).body).toMatchObject({ reason: 'no_erasure' });
});

test('a legal hold blocks an erasure with a clear answer', async () => {
  const { path } = await startPartner();
  expect((await app.call('PUT', `${path}/hold`, { reason: 'case:7' })).body).toMatchObject({
    hold: { reason: 'case:7' },
  });
  const blocked = await app.call('DELETE', path, reason);
  expect([blocked.status, blocked.body['reason']]).toEqual([409, 'legal_hold']);
  expect((await app.call('DELETE', `${path}/hold`)).body).toMatchObject({ hold: null });
  expect((await app.call('DELETE', path, reason)).status).toBe(202);
});

test('a request about a partner is recorded before it is done, even if it is refused', async () => {
  const { partner_id, path } = await startPartner();
  expect((await app.call('DELETE', `${path}/hold`)).status).toBe(409);
  expect(await recorded()).toContainEqual(
    expect.objectContaining({ action: 'lift_hold', partner_ids: [partner_id] }),
  );
});

test.each([{}, { reason: 'He asked for it on the phone' }, { reason: 7 }])(
  'a reason is an identifier: %j',
  async (body) => {
    const { path } = await startPartner();
    expect((await app.call('DELETE', path, body)).status).toBe(400);
  },
);

test('an unknown partner cannot be erased', async () => {
  expect((await app.call('DELETE', `/v1/partners/P-${randomUUID()}`, reason)).status).toBe(404);
});

test('an archive holds all data of a partner, for a recorded purpose', async () => {
  const { session_id, path } = await startPartner();
  const turn = { sender: 'user', message_text: 'where is my payout' };
  await app.call('POST', `/v1/sessions/${session_id}/turns`, turn);
  expect((await app.call('GET', `${path}/archive`)).status).toBe(400);
  const answer = await fetch(`${app.url}${path}/archive`, { headers: { 'access-purpose': 'request:41' } });
  expect(answer.headers.get('content-type')).toBe('application/zip');
  const zip = Buffer.from(await answer.arrayBuffer());
  for (const name of [
    'README.txt',
    'partner.json',
    `sessions/${session_id}.json`,
    `sessions/${session_id}.txt`,
  ])
    expect(zip.includes(name)).toBe(true);
  expect(await recorded()).toContainEqual(
    expect.objectContaining({ action: 'archive_partner', purpose: 'request:41' }),
  );
});

test('every key in Redis expires, except positions and the registry of instances', async () => {
  const { session_id } = await startPartner();
  await app.call('GET', `/v1/sessions/${session_id}/context`);
  const lasting: string[] = [];
  for await (const keys of app.redis.scanStream({ count: 1_000 }))
    for (const key of keys as string[]) if ((await app.redis.ttl(key)) === -1) lasting.push(key);
  expect(lasting.filter((key) => !/^(projection:session-|agents:)/.test(key))).toEqual([]);
});
