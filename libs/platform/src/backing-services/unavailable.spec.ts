import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { Pool } from 'pg';
import { isUnavailable } from './unavailable.ts';
import { createLogger } from '../logging/logger.ts';
import { createPool } from './postgres.ts';
import { createRedis } from './redis.ts';

const logger = createLogger('spec', 'silent');

/** A port of this machine on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('a backing service is unavailable', () => {
  test('when nothing listens at its address', async () => {
    const socket = connect(await closedPort(), '127.0.0.1');
    const [error] = (await once(socket, 'error')) as [unknown];
    expect(isUnavailable(error)).toBe(true);
    expect(isUnavailable(new Error('cannot read', { cause: error }))).toBe(true);
    expect(isUnavailable(new AggregateError([error]))).toBe(true);
  });

  test('according to the PostgreSQL pool, at once', async () => {
    const pool = createPool(`postgresql://me:pw@127.0.0.1:${await closedPort()}/db`, { logger });
    const error: unknown = await pool.query('select 1').catch((error: unknown) => error);
    expect(isUnavailable(error)).toBe(true);
    await pool.end();
  });

  test('according to the PostgreSQL pool when a server accepts and never answers', async () => {
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const pool = new Pool({ host: '127.0.0.1', port, connectionTimeoutMillis: 50 });
    const error: unknown = await pool.query('select 1').catch((error: unknown) => error);
    expect(isUnavailable(error)).toBe(true);
    await pool.end();
    mute.close();
  });

  test('according to the Redis client, without queueing', async () => {
    const redis = createRedis(`redis://127.0.0.1:${await closedPort()}`, { logger });
    const errors = await Promise.all(
      Array.from({ length: 20 }, () => redis.get('key').catch((error: unknown) => error)),
    );
    expect(errors.every((error) => isUnavailable(error))).toBe(true);
    redis.disconnect();
  });

  test.each([
    Object.assign(new Error('The event store does not answer.'), { code: 'store_unavailable' }),
    Object.assign(new Error('Too many bytes are in flight.'), { code: 'store_overloaded' }),
    Object.assign(new Error('terminating connection due to administrator command'), { code: '57P01' }),
    Object.assign(new Error('the database system is starting up'), { code: '57P03' }),
    Object.assign(new Error('sorry, too many clients already'), { code: '53300' }),
    Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' }),
    Object.assign(new Error('The backing service is left alone for a moment.'), { code: 'budget_exceeded' }),
    new Error("Socket timeout. Expecting data, but didn't receive any in 2000ms."),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout expired'),
    new Error('Connection is closed.'),
    new Error('LOADING Redis is loading the dataset in memory'),
    new Error('Failed to discover after 10 attempts.'),
    Object.assign(new Error('14 UNAVAILABLE'), { type: 'unavailable', code: 14 }),
    Object.assign(new Error('Connection error'), { name: 'KafkaJSConnectionError' }),
  ])('says "%s"', (error) => {
    expect(isUnavailable(error)).toBe(true);
  });

  test.each([
    new Error('duplicate key value violates unique constraint'),
    Object.assign(new Error('duplicate key'), { code: '23505' }),
    Object.assign(new Error('wrong expected version'), { type: 'wrong-expected-version' }),
    new TypeError('Cannot read properties of undefined'),
    'ECONNREFUSED',
    undefined,
  ])('does not say "%s"', (error) => {
    expect(isUnavailable(error)).toBe(false);
  });

  test('an error that is its own cause ends the search', () => {
    const error = new Error('a circle');
    error.cause = error;
    expect(isUnavailable(error)).toBe(false);
  });
});
