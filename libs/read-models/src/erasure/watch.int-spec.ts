import { randomUUID } from 'node:crypto';
import { expect, jest, test } from '@jest/globals';
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

test('many closed partners are read at once, with their sessions', async () => {
  const database = await createDatabase();
  const redis = createRedis(serviceUrl('REDIS_URL'), { logger: createLogger('api', 'silent') });
  const watch = new PrivacyWatch(redis, database.pool, new SessionMemory(10), undefined, new HealthChecks());
  const { rows } = await database.pool.query<{ session_id: string; partner_id: string }>(
    `WITH p AS (INSERT INTO partner_privacy (partner_id, erasure, held, revision)
       SELECT 'P' || n, 'restricted', false, 1 FROM generate_series(1, 500) AS n RETURNING partner_id)
     INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
       expires_at, expires_in_s, status, revision)
     SELECT gen_random_uuid(), partner_id, now(), now(), 'whatsapp', 'hi', now(), 60, 'ended', 0
     FROM p, generate_series(1, 2) RETURNING session_id, partner_id`,
  );
  const query = jest.spyOn(database.pool, 'query');
  try {
    await watch.read();
    expect(query).toHaveBeenCalledTimes(2);
    const isClosed = ({ session_id, partner_id }: (typeof rows)[number]): boolean =>
      watch.isClosed(partner_id) && watch.isClosedSession(session_id);
    expect([rows.length, rows.every(isClosed)]).toEqual([1_000, true]);
  } finally {
    redis.disconnect();
    await database.drop();
  }
});
