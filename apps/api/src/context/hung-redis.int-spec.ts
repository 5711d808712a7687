import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { TcpProxy } from '../../../../libs/platform/src/testing/tcp-proxy.ts';
import { tcpProxy } from '../../../../libs/platform/src/testing/tcp-proxy.ts';
import { serviceUrl } from '../../../../libs/platform/src/testing/test-services.ts';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let redis: TcpProxy;
let app: TestApp;
beforeAll(async () => {
  redis = await tcpProxy(serviceUrl('REDIS_URL'));
  app = await startTestApp({ redisUrl: redis.url });
});
beforeEach(() => redis.restore());
afterAll(async () => {
  await redis.restore();
  await app.close();
  await redis.cut();
});

const context = (id: string): Promise<Answer> => app.call('GET', `/v1/sessions/${id}/context`);

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  return Number(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'm').exec(text)?.[1]);
}

test('while Redis hangs, reads and commands are answered before a call to Redis ends', async () => {
  const id = await app.start();
  const before = await metric('redis_skipped_reads_total');
  redis.delay(Infinity);
  const ended: string[] = [];
  const call = app.redis.get('key').then(
    () => ended.push('redis'),
    () => ended.push('redis'),
  );
  const read = await context(id);
  const body = { sender: 'user', message_text: 'hi', parsed_intent: 'greet' };
  const key = { 'idempotency-key': randomUUID() };
  const written = await app.call('POST', `/v1/sessions/${id}/turns`, body, key);
  ended.push('requests');
  await call;
  expect(ended).toEqual(['requests', 'redis']);
  expect(read).toMatchObject({ status: 200, body: { revision: 0 } });
  expect(written).toMatchObject({ status: 201, body: { revision: 1 } });
  expect([read, written].map(({ headers }) => headers.get('turnstream-degraded'))).toEqual([
    'redis',
    'redis',
  ]);
  expect(await metric('redis_skipped_reads_total')).toBeGreaterThan(before);
  expect(await metric('redis_degraded')).toBe(1);
});

test('while Redis hangs, a command on a session that no process remembers is answered before a call to Redis ends', async () => {
  const id = await app.start();
  const other = await startTestApp({ redisUrl: redis.url });
  try {
    redis.delay(Infinity);
    const ended: string[] = [];
    const call = app.redis.get('key').finally(() => ended.push('redis'));
    const written = await other.call('PUT', `/v1/sessions/${id}/flags/urgent`, { value: true });
    ended.push('command');
    await call.catch(() => undefined);
    expect(ended).toEqual(['command', 'redis']);
    expect(written).toMatchObject({ status: 200, body: { revision: 1 } });
  } finally {
    await redis.restore();
    await other.close();
  }
});

test('once Redis answers again, requests use it', async () => {
  const id = await app.start();
  redis.delay(Infinity);
  expect((await context(id)).headers.get('turnstream-degraded')).toBe('redis');
  await redis.restore();
  await waitUntil(async () => (await context(id)).headers.get('turnstream-degraded') === null, {
    what: 'a request that uses Redis',
  });
  expect(await metric('redis_degraded')).toBe(0);
});
