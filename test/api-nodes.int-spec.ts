import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { loadRedisConnection, waitUntil } from '#platform';
import { Notifier } from '../apps/api/src/agents/delivery/notifier.ts';
import { serviceUrl } from '../libs/platform/src/testing/test-services.ts';
import { checkApiNodes } from '../tools/partitions/api-nodes.ts';

const connection = loadRedisConnection(serviceUrl('REDIS_URL'), {});
const name = `spec:${randomUUID()}`;
let redis: Redis;
let notifier: Notifier;
beforeAll(async () => {
  redis = new Redis(serviceUrl('REDIS_URL'));
  notifier = new Notifier(redis, { name });
  const isListening = async (): Promise<boolean> =>
    ((await redis.pubsub('CHANNELS', `agents:node:${name}`)) as string[]).length > 0;
  await waitUntil(isListening, { what: 'the node to listen' });
});
afterAll(() => {
  notifier.onApplicationShutdown();
  redis.disconnect();
});

test('nodes of the api of this release may have more than 16 partitions', async () => {
  await expect(checkApiNodes(64, connection)).resolves.toBeUndefined();
});

test('a node of a release before, which listens to its messages only, is named, and more than 16 are refused', async () => {
  const former = new Redis(serviceUrl('REDIS_URL'));
  const node = `former:3000:${randomUUID()}`;
  await former.subscribe(`agents:node:${node}`);
  await expect(checkApiNodes(32, connection)).rejects.toThrow(node);
  await expect(checkApiNodes(16, connection)).resolves.toBeUndefined();
  await former.quit();
});
