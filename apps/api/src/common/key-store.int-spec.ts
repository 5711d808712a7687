import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { withNewKey } from '#privacy';
import type { TcpProxy } from '../../../../libs/platform/src/testing/tcp-proxy.ts';
import { tcpProxy } from '../../../../libs/platform/src/testing/tcp-proxy.ts';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { refusedUpgrade } from '../access/test-routes.ts';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-api-keys-'));
let database: TestDatabase;
let proxy: TcpProxy;
let app: TestApp;
let env: Record<string, string>;

async function startNode(): Promise<TestApp> {
  Object.assign(process.env, env);
  try {
    return await startTestApp();
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
  }
}

beforeAll(async () => {
  database = await createTestDatabase('', 0);
  proxy = await tcpProxy(database.url);
  const masterKeys = join(dir, 'master-keys.json');
  writeFileSync(masterKeys, JSON.stringify(withNewKey(undefined, new Date())), { mode: 0o600 });
  env = { KEYSTORE_URL: proxy.url, MASTER_KEYS: `file:${masterKeys}` };
  app = await startNode();
});
afterAll(async () => {
  await app.close();
  await proxy.cut();
  await database.drop();
  rmSync(dir, { recursive: true });
});

const turn = (session: string): Promise<Answer> =>
  app.call('POST', `/v1/sessions/${session}/turns`, { sender: 'user', message_text: 'hello' });
/** Asks for the owner of an order, which needs the key of the index. */
const ask = (session: string): Promise<Answer> =>
  app.call('POST', `/v1/sessions/${session}/inquiries`, {
    kind: 'order_status',
    subject: { order_id: 'O1' },
  });

test('a key store that hangs blocks only requests that need an uncached key', async () => {
  const session = await app.start();
  proxy.delay(Infinity);
  const health = (await app.call('GET', '/health/ready')).body;
  expect(health).toMatchObject({ status: 'degraded', checks: { key_store: { status: 'unavailable' } } });
  const refused = await ask(session);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(refused.body).toMatchObject({ title: 'A backing service is unavailable' });
  expect(refused.body['detail']).toContain('key store');
  const other = { partner_id: 'P-other', channel: 'whatsapp', language: 'hi' };
  expect((await app.call('POST', '/v1/sessions', other)).status).toBe(503);
  expect((await turn(session)).status).toBe(201);
  expect((await app.call('GET', `/v1/sessions/${session}/context`)).status).toBe(200);
});

test('a node that starts meanwhile serves nothing before it has read whose keys were destroyed', async () => {
  const node = await startNode();
  const list = async (): Promise<number> => (await node.call('GET', '/v1/sessions')).status;
  expect(await list()).toBe(503);
  expect(await refusedUpgrade(node.url, {})).toBe(503);
  expect((await node.call('GET', '/health/ready')).status).toBe(503);
  await proxy.restore();
  await waitUntil(async () => (await list()) === 200);
  await node.close();
});

test('it serves again when the key store does', async () => {
  await proxy.restore();
  let session = '';
  await waitUntil(async () => (session = await app.start()) !== '');
  await waitUntil(async () => (await ask(session)).status === 202, { what: 'an answer with keys' });
  expect((await app.call('GET', '/health/ready')).body).toMatchObject({
    checks: { key_store: { status: 'ok' } },
  });
});
