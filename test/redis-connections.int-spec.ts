import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import {
  createLogger,
  createRedis,
  isUnavailable,
  loadRedisConnection,
  redisMasters,
  redisReady,
  RedisSubscriber,
  retry,
  waitUntil,
} from '#platform';
import { serviceUrl } from '../libs/platform/src/testing/test-services.ts';
import { holdOpen } from './scenarios/hold-open.ts';
import type { RedisCluster, Sentinels } from './scenarios/redis-nodes.ts';
import { withRedisCluster, withSentinels } from './scenarios/redis-nodes.ts';

const logger = createLogger('redis-connections', 'silent');
const open = (url: string, env: NodeJS.ProcessEnv = {}): Redis =>
  createRedis(loadRedisConnection(url, env), { logger });
const failover = { attempts: 400, minMs: 50, maxMs: 50, isRetryable: isUnavailable };

const certificates = mkdtempSync(join(tmpdir(), 'turnstream-redis-tls-'));
const path = (name: string): string => join(certificates, name);
const ofNodes = { certFile: path('nodes.pem'), keyFile: path('nodes.key') };
const trusting = {
  REDIS_SSL_CA_FILE: ofNodes.certFile,
  REDIS_SSL_CERT_FILE: ofNodes.certFile,
  REDIS_SSL_KEY_FILE: ofNodes.keyFile,
};
beforeAll(() => makeCertificate(path('nodes'), ['-addext', 'subjectAltName=IP:127.0.0.1']));
afterAll(() => rmSync(certificates, { recursive: true }));

describe.each([
  ['a master that sentinels watch', undefined, {}],
  ['a master that sentinels watch, all with TLS', ofNodes, trusting],
])('%s', (_, nodes, env) => {
  const held = holdOpen<Sentinels>((work) => withSentinels(work, nodes));
  let sentinels: Sentinels;
  let redis: Redis;
  beforeAll(async () => {
    sentinels = await held.open();
    redis = open(sentinels.url, env);
    await redisReady(redis);
  });
  afterAll(async () => {
    redis.disconnect();
    await held.close();
  });

  test('is found by its name', async () => {
    await redis.set('here', '1');
    expect(await sentinels.client(await sentinels.master()).get('here')).toBe('1');
  });

  test('is replaced by its replica when it is killed', async () => {
    const before = await sentinels.master();
    await sentinels.client(before).wait(1, 5_000);
    await sentinels.kill(before);
    await retry(() => redis.set('there', '1'), failover);
    expect(await sentinels.master()).not.toBe(before);
    expect(await retry(() => redis.mget('here', 'there'), failover)).toEqual(['1', '1']);
  });
});

describe('a cluster with TLS', () => {
  const held = holdOpen<RedisCluster>((work) => withRedisCluster(work, ofNodes));
  let cluster: RedisCluster;
  let redis: Redis;
  beforeAll(async () => {
    cluster = await held.open();
    redis = open(cluster.url, trusting);
    await redisReady(redis);
  });
  afterAll(async () => {
    redis.disconnect();
    await held.close();
  });

  test('is reached at each of its masters', async () => {
    const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);
    await Promise.all(keys.map((key) => redis.set(key, key)));
    expect(await Promise.all(keys.map((key) => redis.get(key)))).toEqual(keys);
    expect(redisMasters(redis)).toHaveLength(3);
  });

  test('delivers sharded messages', async () => {
    const heard: string[] = [];
    const subscriber = new RedisSubscriber({
      redis,
      channels: [],
      onMessage: (channel, text) => heard.push(`${channel} ${text}`),
    });
    await retry(() => subscriber.add('{s}'), failover);
    await redis.spublish('{s}', 'said');
    await waitUntil(() => heard.length > 0, { what: 'the message' });
    expect(heard).toEqual(['{s} said']);
    subscriber.close();
  });

  test('continues with the replica of a killed master', async () => {
    const master = await cluster.replaceableMasterOf('key-1');
    await cluster.client(master).wait(1, 5_000);
    await cluster.kill(master);
    expect(await retry(() => redis.get('key-1'), failover)).toBe('key-1');
  });
});

const behindProxy = {
  REDIS_SSL_CA_FILE: path('server.pem'),
  REDIS_SSL_CERT_FILE: path('client.pem'),
  REDIS_SSL_KEY_FILE: path('client.key'),
};

describe('a Redis with TLS', () => {
  /** Terminates TLS in front of the run's Redis, as a proxy does, and admits clients with a certificate. */
  const server = createServer({ requestCert: true });
  let url = '';
  beforeAll(async () => {
    makeCertificate(path('server'), ['-addext', 'subjectAltName=IP:127.0.0.1']);
    makeCertificate(path('client'));
    const [cert, key] = [readFileSync(path('server.pem')), readFileSync(path('server.key'))];
    server.setSecureContext({ cert, key, ca: readFileSync(path('client.pem')) });
    const { hostname, port } = new URL(serviceUrl('REDIS_URL'));
    server.on('secureConnection', (socket) => {
      const plain = connect({ host: hostname, port: Number(port) });
      for (const end of [socket, plain]) end.on('error', () => undefined);
      socket.pipe(plain).pipe(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `rediss://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
  });

  async function refusal(variables: Record<string, string>): Promise<string> {
    const redis = open(url, variables);
    let reason = '';
    redis.on('error', (error: Error) => (reason ||= error.message));
    redis.on('close', () => (reason ||= 'closed'));
    await waitUntil(() => reason !== '', { what: 'a refusal' });
    redis.disconnect();
    return reason;
  }

  test('is reached with the certificates of the files', async () => {
    const redis = open(url, behindProxy);
    await redisReady(redis);
    expect(await redis.ping()).toBe('PONG');
    redis.disconnect();
  });

  test('with an untrusted certificate is refused', async () => {
    const { REDIS_SSL_CA_FILE: _, ...others } = behindProxy;
    expect(await refusal(others)).toMatch(/self-signed certificate/);
  });

  test('accepts no client without a certificate', async () => {
    const { REDIS_SSL_CA_FILE } = behindProxy;
    expect(await refusal({ REDIS_SSL_CA_FILE })).toMatch(/certificate required|closed|ECONNRESET/);
  });
});

/** A self-signed certificate and its key. */
function makeCertificate(path: string, more: readonly string[] = []): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${path}.key`];
  const args = [
    'req',
    '-x509',
    ...key,
    '-out',
    `${path}.pem`,
    '-days',
    '2',
    '-subj',
    '/CN=turnstream',
    ...more,
  ];
  execFileSync('openssl', args, { stdio: 'ignore' });
}
