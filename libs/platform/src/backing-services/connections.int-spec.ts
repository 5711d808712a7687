import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '../logging/logger.ts';
import type { Logger } from '../logging/logger.ts';
import { sleep } from '../async/sleep.ts';
import { waitUntil } from '../async/wait-until.ts';
import type { TcpProxy } from '../testing/tcp-proxy.ts';
import { tcpProxy } from '../testing/tcp-proxy.ts';
import { createPool, isPoolBusy, pingPostgres } from './postgres.ts';
import { createRedis, pingRedis, redisReady } from './redis.ts';
import { isUnavailable } from './unavailable.ts';

function memoryLog(): { messages: unknown[]; logger: Logger } {
  const messages: unknown[] = [];
  const write = (line: string): void => void messages.push((JSON.parse(line) as { msg: unknown }).msg);
  return { messages, logger: createLogger('spec', 'info', { write }) };
}

const urlOf = (name: 'REDIS_URL' | 'DATABASE_URL'): string => {
  const url = process.env[name];
  if (!url) throw new Error(`${name} is not set: run these specs with npm test`);
  return url;
};

describe('the clients of the backing services', () => {
  const cleanup: (() => Promise<unknown> | void)[] = [];
  afterEach(async () => {
    for (const step of cleanup.splice(0).toReversed()) await step();
  });

  async function proxy(name: 'REDIS_URL' | 'DATABASE_URL'): Promise<TcpProxy> {
    const service = await tcpProxy(urlOf(name));
    cleanup.push(() => service.cut());
    return service;
  }

  test('the Redis client fails at once while Redis is unavailable, reconnects, and logs each once', async () => {
    const service = await proxy('REDIS_URL');
    const { logger, messages } = memoryLog();
    const redis = createRedis(service.url, { logger });
    cleanup.push(() => redis.disconnect());
    await redisReady(redis);
    await pingRedis(redis);

    await service.cut();
    await waitUntil(() => redis.status !== 'ready', { what: 'the loss of the connection' });
    const errors = await Promise.all(
      Array.from({ length: 100 }, () => redis.get('key').catch((error: unknown) => error)),
    );
    expect(errors.every((error) => isUnavailable(error))).toBe(true);
    await expect(pingRedis(redis)).rejects.toThrow('not connected');
    await sleep(300);

    await service.restore();
    await redisReady(redis);
    expect(await redis.ping()).toBe('PONG');
    expect(messages).toEqual(['Redis connected', 'Redis is unavailable', 'Redis is available again']);
  });

  test('a silent connection to Redis is replaced, and its pending commands fail', async () => {
    const service = await proxy('REDIS_URL');
    const redis = createRedis(service.url, { logger: memoryLog().logger, commandTimeoutMs: 300 });
    cleanup.push(() => redis.disconnect());
    await redisReady(redis);
    service.delay(Infinity);
    const error: unknown = await redis.get('key').catch((error: unknown) => error);
    expect(isUnavailable(error)).toBe(true);
    await waitUntil(() => redis.status !== 'ready', { what: 'the end of the connection' });
    service.strand();
    await service.restore();
    await redisReady(redis);
    expect(await redis.ping()).toBe('PONG');
  });

  test('PostgreSQL that hangs: statements time out, pings before them, and both count as unavailable', async () => {
    const service = await proxy('DATABASE_URL');
    const pool = createPool(service.url, { logger: memoryLog().logger, statementTimeoutMs: 2_500 });
    cleanup.push(() => pool.end());
    await pool.query('select 1');
    service.delay(Infinity);
    const ended: string[] = [];
    const errors = await Promise.all([
      pool.query('select 1').catch((error: unknown) => (ended.push('statement'), error)),
      pingPostgres(service.url).catch((error: unknown) => (ended.push('ping'), error)),
    ]);
    expect(ended).toEqual(['ping', 'statement']);
    expect(errors.map((error) => isUnavailable(error))).toEqual([true, true]);
    service.strand();
    await service.restore();
    await Promise.all([pool.query('select 1'), pingPostgres(service.url)]);
  });

  test('PostgreSQL that hangs after a login: a ping ends', async () => {
    const loggedIn = Buffer.from('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I');
    const server = createServer((socket) => socket.once('data', () => socket.write(loggedIn)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanup.push(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const error: unknown = await pingPostgres(`postgresql://user@127.0.0.1:${port}/any`, 500).catch(
      (error: unknown) => error,
    );
    expect(isUnavailable(error)).toBe(true);
  });

  test('PostgreSQL: a lost connection, idle or in use, does not end the process and is replaced', async () => {
    const service = await proxy('DATABASE_URL');
    const { logger, messages } = memoryLog();
    const pool = createPool(service.url, { logger, max: 3 });
    cleanup.push(() => pool.end());
    await Promise.all([pool.query('select 1'), pool.query('select 1')]);
    const held = await pool.connect();
    const running = pool.query('select pg_sleep(30)').catch((error: unknown) => error);
    await sleep(50);

    await service.cut();
    expect(isUnavailable(await running)).toBe(true);
    expect(isUnavailable(await held.query('select 1').catch((error: unknown) => error))).toBe(true);
    held.release(true);
    expect(isUnavailable(await pool.query('select 1').catch((error: unknown) => error))).toBe(true);

    await service.restore();
    await waitUntil(() => pool.query('select 1').then(() => true), { what: 'PostgreSQL' });
    expect(messages).toEqual(['PostgreSQL connection lost', 'PostgreSQL is available again']);
  });

  test('PostgreSQL: a pool without free connections is busy, and a ping still gets an answer', async () => {
    const pool = createPool(urlOf('DATABASE_URL'), { logger: memoryLog().logger, max: 1 });
    cleanup.push(() => pool.end());
    const held = await pool.connect();
    await pingPostgres(urlOf('DATABASE_URL'));
    expect(isPoolBusy(await pool.query('select 1').catch((error: unknown) => error))).toBe(true);
    held.release();
    await pool.query('select 1');
  });

  test('PostgreSQL: a statement times out', async () => {
    const pool = createPool(urlOf('DATABASE_URL'), { logger: memoryLog().logger, statementTimeoutMs: 50 });
    cleanup.push(() => pool.end());
    await expect(pool.query('select pg_sleep(10)')).rejects.toThrow('statement timeout');
  });
});
