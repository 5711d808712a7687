import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createLogger, createRedis, HealthChecks, redisReady, waitUntil } from '#platform';
import { SessionMemory } from '../context/session-memory.ts';
import { createDatabase, serviceUrl } from '../test-support.ts';
import { PrivacyWatch } from './watch.ts';

test('a Redis that refuses the channel after a reconnection does not end the process', async () => {
  const logger = createLogger('api', 'silent');
  const database = await createDatabase();
  const redis = createRedis(serviceUrl('REDIS_URL'), { logger });
  await redisReady(redis);
  const user = randomUUID();
  const url = new URL(serviceUrl('REDIS_URL'));
  [url.username, url.password] = [user, user];
  await redis.acl('SETUSER', user, 'on', `>${user}`, '~*', '+@all', '&*');
  const own = createRedis(url.href, { logger });
  const watch = new PrivacyWatch(own, database.pool, new SessionMemory(10), undefined, new HealthChecks());
  const subscribers = async (): Promise<number> =>
    String(await redis.client('LIST'))
      .split('\n')
      .filter((line) => line.includes(`user=${user} `) && line.includes(' sub=1 ')).length;
  try {
    await watch.onApplicationBootstrap();
    await waitUntil(async () => (await subscribers()) === 1, { what: 'the subscription' });
    // Redis closes the connection of a subscriber that loses its permission.
    await redis.acl('SETUSER', user, 'resetchannels');
    await waitUntil(async () => JSON.stringify(await redis.acl('LOG')).includes(user), { what: 'a refusal' });
    expect(await subscribers()).toBe(0);
    await redis.acl('SETUSER', user, 'allchannels');
    await waitUntil(async () => (await subscribers()) === 1, { what: 'the subscription again' });
  } finally {
    await watch.beforeApplicationShutdown();
    own.disconnect();
    await redis.acl('DELUSER', user);
    redis.disconnect();
    await database.drop();
  }
});
