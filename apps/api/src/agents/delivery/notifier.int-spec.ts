import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { createLogger, createRedis, waitUntil } from '#platform';
import type { StreamNotification } from '#read-models';
import { notificationChannel } from '#read-models';
import type { TcpProxy } from '../../../../../libs/platform/src/testing/tcp-proxy.ts';
import { tcpProxy } from '../../../../../libs/platform/src/testing/tcp-proxy.ts';
import { serviceUrl } from '../../../../../libs/platform/src/testing/test-services.ts';
import { Notifier } from './notifier.ts';

const everything = { first: 0, last: Number.MAX_SAFE_INTEGER };
const logger = createLogger('api', 'silent');

let proxy: TcpProxy;
let redis: Redis;
let notifier: Notifier;
let connections: number;
let received: StreamNotification[];
const listener = (notification: StreamNotification): void => void received.push(notification);
beforeEach(async () => {
  [connections, received] = [0, []];
  proxy = await tcpProxy(serviceUrl('REDIS_URL'));
  redis = createRedis(proxy.url, { logger, commandTimeoutMs: 500 });
  notifier = new Notifier(redis, { name: randomUUID() });
  notifier.onReconnect(() => void (connections += 1));
  await waitUntil(() => connections === 1);
});
afterEach(async () => {
  notifier.onApplicationShutdown();
  redis.disconnect();
  await proxy.cut();
});

test('a session watched while Redis is unavailable is notified once Redis is back', async () => {
  await proxy.cut();
  await waitUntil(() => redis.status !== 'ready');
  const id = randomUUID();
  await notifier.watch(id, listener);
  await proxy.restore();
  await waitUntil(() => connections === 2);
  const publish = (): Promise<number> => redis.publish(notificationChannel(id), '4 5 0').catch(() => 0);
  await waitUntil(async () => (await publish()) > 0);
  await waitUntil(() => received.length > 1);
  expect(received[0]).toMatchObject(everything);
  expect(received[1]).toEqual({ first: 4, last: 5, quiet: false });
});

test('a connection that the network dropped silently is replaced, and listeners are notified', async () => {
  await notifier.watch(randomUUID(), listener);
  proxy.strand();
  await waitUntil(() => connections === 2, { what: 'another connection' });
  expect(received).toMatchObject([everything]);
});

test('a Redis that refuses the channels after a reconnection does not end the process', async () => {
  const user = randomUUID();
  const url = new URL(serviceUrl('REDIS_URL'));
  [url.username, url.password] = [user, user];
  await redis.acl('SETUSER', user, 'on', `>${user}`, '~*', '+@all', '&*');
  const own = createRedis(url.href, { logger });
  const ofUser = new Notifier(own, { name: randomUUID() });
  let ready = 0;
  ofUser.onReconnect(() => void (ready += 1));
  try {
    await waitUntil(() => ready === 1);
    // Redis closes the connection of a subscriber that loses its right to subscribe.
    await redis.acl('SETUSER', user, 'resetchannels');
    const isRefused = async () => JSON.stringify(await redis.acl('LOG')).includes(user);
    await waitUntil(isRefused, { what: 'a refusal' });
    expect(ready).toBe(1);
    await redis.acl('SETUSER', user, 'allchannels');
    await waitUntil(() => ready > 1, { what: 'another connection' });
  } finally {
    ofUser.onApplicationShutdown();
    own.disconnect();
    await redis.acl('DELUSER', user);
  }
});
