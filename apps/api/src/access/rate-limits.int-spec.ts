import { hash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sleep, waitUntil } from '#platform';
import { DevelopmentIssuer } from '#privacy';
import type { TcpProxy } from '../../../../libs/platform/src/testing/tcp-proxy.ts';
import { tcpProxy } from '../../../../libs/platform/src/testing/tcp-proxy.ts';
import { serviceUrl } from '../../../../libs/platform/src/testing/test-services.ts';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
let issuer: DevelopmentIssuer;
let headers: Record<string, string>;
let nodes: readonly [TestApp, TestApp];

beforeAll(async () => {
  issuer = await DevelopmentIssuer.in(dir);
  headers = await headersOf(`bot-${randomUUID()}`);
  const options = { issuer, rateLimit: 10 };
  nodes = [await startTestApp(options), await startTestApp(options)];
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  rmSync(dir, { recursive: true });
});

async function headersOf(sub: string): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await issuer.token({ role: 'service', sub })}` };
}

const ask = (node: TestApp): Promise<Answer> => node.call('GET', '/v1/agents', undefined, headers);

test('more requests than the rate are refused on all nodes, with what is left in each answer', async () => {
  const [one, other] = nodes;
  const first = await ask(one);
  expect(first.headers.get('ratelimit-policy')).toBe('"subject";q=10;w=3600');
  expect(first.headers.get('ratelimit')).toMatch(/^"subject";r=9;t=\d+$/);
  for (let count = 1; count < 10; count += 1) await ask(one);
  expect(await ask(one)).toMatchObject({
    status: 429,
    body: { type: expect.stringContaining('rate_limited') },
  });
  const asked: Answer[] = [];
  const isRefused = async (): Promise<boolean> => asked[asked.push(await ask(other)) - 1]?.status === 429;
  await waitUntil(isRefused, { what: 'the count of the other node', everyMs: 1_000 });
  expect(asked.length).toBeLessThan(10);
  expect(Number(asked.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
});

describe('a node that shares its counts over an unreliable connection', () => {
  const user = randomUUID();
  let proxy: TcpProxy;
  let node: TestApp;
  beforeAll(async () => {
    await nodes[0].redis.acl('SETUSER', user, 'on', `>${user}`, '~*', '+@all', '&*');
    const url = new URL(serviceUrl('REDIS_URL'));
    [url.username, url.password] = [user, user];
    proxy = await tcpProxy(url.href);
    node = await startTestApp({ issuer, redisUrl: proxy.url });
  });
  afterAll(async () => {
    await proxy.restore();
    await node.close();
    await proxy.cut();
    await nodes[0].redis.acl('DELUSER', user);
  });

  async function isDegraded(): Promise<boolean> {
    const text = await (await fetch(`${node.url}/metrics`)).text();
    return /^redis_degraded\{.*\} 1$/m.test(text);
  }

  /** A new subject: sends one of its requests, and says how many Redis has counted. */
  async function newSubject() {
    const subject = `bot-${randomUUID()}`;
    const own = await headersOf(subject);
    const { redis } = nodes[0];
    const keys = `rate:*:${hash('sha256', subject, 'base64url').slice(0, 22)}`;
    return {
      send: () => node.call('GET', '/v1/sessions', undefined, own),
      counted: async () => Number((await redis.get((await redis.keys(keys))[0] ?? '')) ?? 0),
    };
  }

  test('counts each request once, even if Redis executes what the node has given up', async () => {
    const { send, counted } = await newSubject();
    proxy.delay(Infinity);
    for (let count = 0; count < 3; count += 1) await send();
    await sleep(1_600);
    await proxy.restore();
    await waitUntil(async () => (await counted()) >= 3, { what: 'the count' });
    let sent = 3;
    // A count is lost when its connection breaks: then that of the next request comes.
    const isCounted = async (): Promise<boolean> => {
      await send();
      sent += 1;
      return (await counted()) >= 4;
    };
    await waitUntil(isCounted, { what: 'the count of another request', everyMs: 1_000 });
    await sleep(1_000);
    expect(await counted()).toBeLessThanOrEqual(sent);
  });

  test('does without Redis while the counts get no answer, until they do', async () => {
    const { send, counted } = await newSubject();
    await proxy.cut();
    await send();
    await waitUntil(isDegraded, { what: 'the node to do without Redis', timeoutMs: 20_000 });
    await proxy.restore();
    await waitUntil(async () => (await counted()) > 0, { what: 'the count' });
    expect(await counted()).toBe(1);
    await waitUntil(async () => !(await isDegraded()), { what: 'an answer of Redis' });
  });

  test('sends a count again that Redis has refused', async () => {
    const { send, counted } = await newSubject();
    await nodes[0].redis.acl('SETUSER', user, '-incrby');
    await send();
    await sleep(1_000);
    expect(await counted()).toBe(0);
    await nodes[0].redis.acl('SETUSER', user, '+incrby');
    await waitUntil(async () => (await counted()) > 0, { what: 'the count' });
    expect(await counted()).toBe(1);
  });
});
