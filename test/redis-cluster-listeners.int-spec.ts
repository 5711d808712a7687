import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import {
  createLogger,
  createRedis,
  isUnavailable,
  redisMasters,
  redisReady,
  RedisSubscriber,
  retry,
  slotOf,
  waitUntil,
} from '#platform';
import type { StreamNotification } from '#read-models';
import { notificationChannel } from '#read-models';
import { Notifier } from '../apps/api/src/agents/delivery/notifier.ts';
import { holdOpen } from './scenarios/hold-open.ts';
import type { RedisCluster } from './scenarios/redis-nodes.ts';
import { withRedisCluster } from './scenarios/redis-nodes.ts';

/** Subscriptions of a process to a cluster. */
const held = holdOpen<RedisCluster>(withRedisCluster);
const logger = createLogger('redis-cluster', 'silent');
const soon = { attempts: 200, minMs: 50, maxMs: 50, isRetryable: isUnavailable };
let cluster: RedisCluster;
let redis: Redis;
beforeAll(async () => {
  cluster = await held.open();
  redis = createRedis(cluster.url, { logger });
  await redisReady(redis);
});
afterAll(async () => {
  redis.disconnect();
  await held.close();
});

/** A channel whose slot has no keys, which would have to be moved with it. */
async function channelWithoutKeys(): Promise<string> {
  for (;;) {
    const channel = notificationChannel(randomUUID());
    const master = cluster.client(await cluster.masterOf(channel));
    if ((await master.cluster('COUNTKEYSINSLOT', slotOf(channel))) === 0) return channel;
  }
}

test('receives sessions of all masters on a connection to each', async () => {
  const got = new Set<string>();
  const subscriber = new RedisSubscriber({
    redis,
    channels: [],
    onMessage: (channel) => void got.add(channel),
  });
  const channels = Array.from({ length: 30 }, () => notificationChannel(randomUUID()));
  const connections = async (): Promise<number> => {
    const lists = await Promise.all(redisMasters(redis).map((node) => node.client('LIST', 'TYPE', 'PUBSUB')));
    return lists.flatMap((list) => String(list).trim().split('\n')).filter((line) => line !== '').length;
  };
  await Promise.all(channels.map((channel) => subscriber.add(channel).catch(() => undefined)));
  await waitUntil(
    async () => {
      for (const channel of channels) await redis.spublish(channel, '0 0 1');
      return got.size === channels.length;
    },
    { what: 'every channel', everyMs: 100 },
  );
  await waitUntil(async () => (await connections()) === 3, { what: 'a connection to each master' });
  expect(got).toEqual(new Set(channels));
  subscriber.close();
});

test('follows a slot that moves to another master, and resubscribes no other channel', async () => {
  const got = new Set<string>();
  const connected: string[] = [];
  const subscriber = new RedisSubscriber({
    redis,
    channels: [],
    onMessage: (channel) => void got.add(channel),
    onConnected: (channels) => void connected.push(...channels),
  });
  const channel = await channelWithoutKeys();
  const from = await cluster.masterOf(channel);
  let stays = channel;
  while (stays === channel || (await cluster.masterOf(stays)) !== from) stays = await channelWithoutKeys();
  for (const each of [channel, stays]) await subscriber.add(each).catch(() => undefined);
  const areHeard = async (): Promise<boolean> => {
    for (const each of [channel, stays]) await redis.spublish(each, 'x').catch(() => undefined);
    return got.size === 2;
  };
  await waitUntil(areHeard, { what: 'messages', everyMs: 50 });
  await cluster.moveSlotOf(channel);
  got.clear();
  connected.length = 0;
  await waitUntil(areHeard, { what: 'messages of both masters', everyMs: 50 });
  expect(await cluster.masterOf(channel)).not.toBe(from);
  expect(new Set(connected)).toEqual(new Set([channel]));
  subscriber.close();
});

test('keeps global channels when the last session of a master is removed', async () => {
  const got: string[] = [];
  const subscriber = new RedisSubscriber({
    redis,
    channels: ['everywhere'],
    onMessage: (channel) => void got.push(channel),
  });
  // A channel of the same master.
  const session = '{everywhere}';
  await subscriber.add(session).catch(() => undefined);
  const areHeard = async (): Promise<boolean> => {
    await redis.spublish(session, 'x');
    await redis.publish('everywhere', 'x');
    return got.includes(session) && got.includes('everywhere');
  };
  await waitUntil(areHeard, { what: 'both channels', everyMs: 50 });
  await subscriber.remove(session);
  got.length = 0;
  const isHeard = async (): Promise<boolean> => {
    await redis.publish('everywhere', 'x');
    return got.includes('everywhere');
  };
  await waitUntil(isHeard, { what: 'the channel of all nodes', everyMs: 50 });
  subscriber.close();
  await expect(subscriber.add(session)).rejects.toThrow('closed');
});

test('is notified when a master was replaced, and receives from the new one', async () => {
  const notifier = new Notifier(redis, { name: randomUUID() });
  const id = randomUUID();
  const received: StreamNotification[] = [];
  await notifier.watch(id, (notification) => void received.push(notification));
  await waitUntil(() => received.length > 0, { what: 'the connection' });
  const channel = notificationChannel(id);
  const port = await cluster.replaceableMasterOf(channel);
  received.length = 0;
  await cluster.kill(port);
  await waitUntil(() => received.length > 0, { what: 'the note that messages may be lost' });
  expect(received[0]).toMatchObject({ first: 0, last: Number.MAX_SAFE_INTEGER });
  await retry(() => redis.spublish(channel, '4 5 0'), soon);
  await waitUntil(() => received.some(({ last }) => last === 5), { what: 'the message' });
  notifier.onApplicationShutdown();
  await cluster.restart(port);
});
