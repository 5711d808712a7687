import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { TokenClaims } from '#privacy';
import { DevelopmentIssuer, roles } from '#privacy';
import { accessStream, readEvents } from '#sessions';
import { TestAgent } from '../agents/testing/test-agent.ts';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';
import type { Act } from './rules.ts';
import { mayDo, rules } from './rules.ts';
import { refusedUpgrade, testRoutes } from './test-routes.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
const agents: TestAgent[] = [];
let issuer: DevelopmentIssuer;
let app: TestApp;

beforeAll(async () => {
  issuer = await DevelopmentIssuer.in(dir);
  app = await startTestApp({ issuer });
});
afterAll(async () => {
  for (const agent of agents) agent.kill();
  await app.close();
  rmSync(dir, { recursive: true });
});

const token = (claims: Partial<TokenClaims> = {}, expiresS = 600): Promise<string> =>
  issuer.token({ role: 'service', sub: 'spec', ...claims }, expiresS);
async function call(bearer: string, method: string, path: string, body?: object, more = {}): Promise<Answer> {
  return app.call(method, path, body, { authorization: `Bearer ${bearer}`, ...more });
}
const partner = (): string => `P-${randomUUID()}`;
async function start(body: object = {}): Promise<string> {
  const start = { partner_id: partner(), channel: 'whatsapp', language: 'hi', ...body };
  const answer = await call(await token(), 'POST', '/v1/sessions', start);
  expect(answer.status).toBe(201);
  return String(answer.body['session_id']);
}
function connect(bearer: string | undefined, query?: string): TestAgent {
  const agent = new TestAgent(app.url, undefined, { token: bearer, query });
  agents.push(agent);
  return agent;
}
const told = ({ status, body }: Answer): unknown[] => [status, body['type'], body['detail']];
const flag = (bearer: string, id: string, headers: object): Promise<Answer> =>
  call(bearer, 'PUT', `/v1/sessions/${id}/flags/vip`, { value: true }, headers);

const operations = await testRoutes();

describe('every route', () => {
  test.each(operations)('has a rule: $method $path', ({ rule }) => {
    expect(rule?.roles).toEqual(rules[rule?.act as Act]);
  });

  test('is refused without a token', async () => {
    for (const { method, path } of operations) {
      const answer = await app.call(method, path);
      expect([method, path, answer.status]).toEqual([method, path, 401]);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    }
  });

  test.each(roles)('accepts the role %s exactly where its rule allows it', async (role) => {
    const bearer = await token({ role });
    for (const { method, path, rule } of operations) {
      const { status } = await call(bearer, method, path);
      expect([method, path, status === 403]).toEqual([method, path, !mayDo(role, rule?.act as Act)]);
      expect([method, path, status === 401]).toEqual([method, path, false]);
    }
  });
});

describe('a session that a token does not reach', () => {
  const limits = [
    ['partner', { partners: ['P1'] }],
    ['region', { regions: ['IN-KA'] }],
    ['channel', { channels: ['ivr'] }],
  ] as const;

  test.each(limits)('is not found, by its %s', async (_, limit) => {
    const foreign = await start({ region: 'IN-TN' });
    for (const { method, path, body, headers, rule } of operations) {
      const own = path.replace(/sessions\/[\w-]{36}/, `sessions/${foreign}`);
      if (own === path) continue;
      for (const role of rule?.roles ?? []) {
        const bearer = await token({ role, ...limit });
        const there = await call(bearer, method, own, body, headers);
        const missing = await call(bearer, method, path, body, headers);
        expect([role, method, own, ...told(there)]).toEqual([role, method, own, ...told(missing)]);
        expect([own, there.status]).toEqual([own, 404]);
        expect(there.headers.get('etag')).toBeNull();
      }
    }
  });

  test.each(limits)('cannot be started, by its %s', async (_, limit) => {
    const body = { channel: 'whatsapp', language: 'hi', region: 'IN-TN' };
    const bearer = await token(limit);
    const partner_id = partner();
    expect((await call(bearer, 'POST', '/v1/sessions', { ...body, partner_id })).status).toBe(403);
    expect((await call(bearer, 'POST', `/v1/partners/${partner_id}/session`, body)).status).toBe(403);
  });

  test('is in no list', async () => {
    const [mine, other] = [partner(), partner()];
    await start({ partner_id: other });
    const bearer = await token({ partners: [mine], channels: ['whatsapp'] });
    for (const list of ['sessions', 'turns'])
      expect((await call(bearer, 'GET', `/v1/${list}?partner_id=${other}`)).body['items']).toEqual([]);
    expect((await call(await token({ regions: ['IN-KA'] }), 'GET', '/v1/sessions')).status).toBe(403);
  });

  test('cannot be the result of a command', async () => {
    const id = await start();
    const path = `/v1/sessions/${id}/channel`;
    expect(
      (await call(await token({ channels: ['whatsapp'] }), 'POST', path, { channel: 'ivr' })).status,
    ).toBe(403);
  });

  test('is found by a token that reaches it', async () => {
    const partner_id = partner();
    const id = await start({ partner_id, region: 'IN-KA' });
    const bearer = await token({ partners: [partner_id], regions: ['IN-KA'], channels: ['whatsapp'] });
    for (const path of ['', '/context?min_revision=0', '/events', '/agent'])
      expect((await call(bearer, 'GET', `/v1/sessions/${id}${path}`)).status).toBe(200);
  });
});

describe('a partner that a token does not reach', () => {
  // A route that would start a session only refuses the partner, and reveals nothing about it.
  const ofPartners = operations.filter(
    ({ template, rule }) => template.startsWith('/v1/partners/') && rule?.act !== 'command',
  );

  test.each([
    ['is not there for a token of other partners', { partners: ['P1'] }, 404],
    ['is refused to a token that is limited to regions', { regions: ['IN-KA'] }, 403],
    ['is refused to a token that is limited to channels', { channels: ['whatsapp'] }, 403],
  ])('%s', async (_, limit, status) => {
    const partner_id = partner();
    await start({ partner_id, region: 'IN-KA' });
    for (const { method, template, body, headers, rule } of ofPartners)
      for (const role of rule?.roles ?? []) {
        const bearer = await token({ role, ...limit });
        const path = template.replace('{partner_id}', partner_id);
        const answer = await call(bearer, method, path, body, headers);
        expect([role, method, path, answer.status]).toEqual([role, method, path, status]);
      }
    const untouched = await call(await token({ role: 'admin' }), 'GET', `/v1/partners/${partner_id}/erasure`);
    expect(untouched.body).toMatchObject({ status: 'none', hold: null });
  });

  test('has no access log for a token limited to regions or channels', async () => {
    const summary = '/v1/access/summary?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z';
    for (const limit of [{ regions: ['IN-KA'] }, { channels: ['ivr'] }])
      for (const path of ['/v1/access', summary])
        expect((await call(await token({ role: 'auditor', ...limit }), 'GET', path)).status).toBe(403);
  });
});

describe('the instance', () => {
  test('is the one of the header where the token allows it', async () => {
    const id = await start();
    const bearer = await token({ role: 'agent', sub: 'fleet', instances: ['bot-*'] });
    expect((await flag(bearer, id, { 'agent-id': 'bot-7' })).status).toBe(200);
    const events = await Array.fromAsync(readEvents(app.store, id));
    expect(events.at(-1)?.metadata.actor).toEqual({ role: 'agent', id: 'fleet', instance: 'bot-7' });
  });

  test.each<[string, Partial<TokenClaims>]>([
    ['another one', { instance: 'bot-1' }],
    ['of another fleet', { instances: ['fleet-*'] }],
    ['none at all', {}],
  ])('is refused where the token is for %s', async (_, claims) => {
    const answer = await flag(await token(claims), await start(), { 'agent-id': 'bot-7' });
    expect(answer.status).toBe(403);
  });
});

describe('a token', () => {
  test('in the address is refused', async () => {
    const bearer = await token();
    expect((await app.call('GET', `/v1/sessions?access_token=${bearer}`)).status).toBe(400);
    expect((await call(bearer, 'GET', `/v1/sessions?x=${bearer}`)).status).toBe(400);
    expect(await refusedUpgrade(app.url, {}, `?token=${bearer}`)).toBe(400);
  });

  test('is refused once it or its subject is revoked', async () => {
    const admin = await token({ role: 'admin' });
    const sub = `bot-${randomUUID()}`;
    const bearer = await token({ sub });
    expect((await call(bearer, 'GET', '/v1/sessions')).status).toBe(200);
    expect((await call(admin, 'POST', '/v1/tokens/revoke', { subject: sub })).status).toBe(204);
    expect((await call(bearer, 'GET', '/v1/sessions')).status).toBe(401);
    const one = await token();
    const jti = String(decodeJwt(one).jti);
    await call(admin, 'POST', '/v1/tokens/revoke', { jti });
    expect((await call(one, 'GET', '/v1/sessions')).status).toBe(401);
    const acts = await Array.fromAsync(app.store.read(accessStream(new Date())), ({ data }) => data);
    for (const what of [`subject ${sub}`, `token ${jti}`])
      expect(acts).toContainEqual(expect.objectContaining({ action: 'revoke_tokens', role: 'admin', what }));
  });
});

describe('a connection', () => {
  test.each<[string, () => Promise<string | undefined>, number]>([
    ['without a token', async () => undefined, 401],
    ['of a role that is no agent', () => token({ role: 'analyst' }), 403],
  ])('is refused %s', async (_, make, status) => {
    const bearer = await make();
    const headers: Record<string, string> = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    expect(await refusedUpgrade(app.url, headers)).toBe(status);
  });

  test('of another site is refused although it has a token', async () => {
    const headers = { authorization: `Bearer ${await token()}`, origin: 'https://evil.example' };
    expect(await refusedUpgrade(app.url, headers)).toBe(403);
  });

  test.each<[string, Partial<TokenClaims>]>([
    ['another pool', { pools: ['sales'], instances: ['*'] }],
    ['another instance', { instance: 'bot-1' }],
  ])('is closed with 4403 when its token is for %s', async (_, claims) => {
    const agent = await connect(await token(claims)).opened();
    agent.send({ type: 'hello', instance: agent.instance, pool: 'support', capacity: 1 });
    expect(await agent.closeCode()).toBe(4403);
  });

  test('is listed only for tokens of its pool, and no page reveals another pool', async () => {
    const [first, own] = [`a-${randomUUID()}`, `b-${randomUUID()}`];
    for (const pool of [first, first, own, own]) {
      const agent = connect(await token({ instances: ['*'] }));
      await agent.hello(pool);
    }
    const path = '/v1/agents?limit=1';
    const { body } = await call(await token({ pools: [own] }), 'GET', path);
    expect(body).toMatchObject({ agents: [{ pool: own }], next: expect.stringMatching(`^${own}/`) });
  });

  test('attaches no session that its token does not reach', async () => {
    const id = await start();
    const agent = connect(await token({ partners: ['P1'], instances: ['*'] }));
    await agent.hello(`pool-${randomUUID()}`);
    agent.send({ type: 'attach', session_id: id });
    expect(await agent.next(({ type }) => type === 'error')).toMatchObject({ code: 'not_found' });
  });

  test('is closed with 4401 when its token expires, and an event stream ends', async () => {
    const id = await start();
    const bearer = await token({ instances: ['*'] }, 2);
    const agent = await connect(bearer).hello(`pool-${randomUUID()}`);
    const stream = await fetch(`${app.url}/v1/sessions/${id}/stream`, {
      headers: { authorization: `Bearer ${bearer}` },
    });
    expect(stream.status).toBe(200);
    await stream.text();
    expect(await agent.closeCode()).toBe(4401);
  });

  test('is closed with 4401 when its token is revoked', async () => {
    const sub = `bot-${randomUUID()}`;
    const agent = await connect(await token({ sub, instances: ['*'] })).hello(`pool-${randomUUID()}`);
    await call(await token({ role: 'admin' }), 'POST', '/v1/tokens/revoke', { subject: sub });
    expect(await agent.closeCode()).toBe(4401);
  });

  test('opens with a ticket, once', async () => {
    const { body } = await call(await token({ instances: ['*'] }), 'POST', '/v1/tickets');
    const query = `?ticket=${String(body['ticket'])}`;
    await connect(undefined, query).hello(`pool-${randomUUID()}`);
    expect(await refusedUpgrade(app.url, {}, query)).toBe(401);
  });

  test('for an event stream opens with a ticket, once', async () => {
    const id = await start();
    const { body } = await call(await token({ role: 'agent' }), 'POST', '/v1/tickets');
    const path = `${app.url}/v1/sessions/${id}/stream?ticket=${String(body['ticket'])}`;
    const stop = new AbortController();
    expect((await fetch(path, { signal: stop.signal })).status).toBe(200);
    stop.abort();
    expect((await fetch(path)).status).toBe(401);
  });

  test('of one of two instances that share a token receives the events of the other', async () => {
    const id = await start();
    const bearer = await token({ role: 'agent', sub: 'fleet', instances: ['*'] });
    const agent = await connect(bearer).hello(`pool-${randomUUID()}`);
    const put = (flag: string, instance: string) =>
      call(bearer, 'PUT', `/v1/sessions/${id}/flags/${flag}`, { value: true }, { 'agent-id': instance });
    await agent.attach(id).then(() => put('own', agent.instance));
    const { body } = await put('others', 'another');
    expect(await agent.updateRevisions(id, 1)).toEqual([body['revision']]);
  });
});
