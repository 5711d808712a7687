import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '../logging/logger.ts';
import type { Logger } from '../logging/logger.ts';
import { createPool, pingPool } from './postgres.ts';
import { createRedis, pingRedis, redisReady } from './redis.ts';
import { isUnavailable } from './unavailable.ts';

/** An address in front of an engine that can be cut off and let back. */
class Cut {
  readonly #target: URL;
  readonly #server = createServer((client) => this.#join(client));
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(target: string) {
    this.#target = new URL(target);
  }

  async open(): Promise<string> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String(this.#port);
    return url.href;
  }

  async cut(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    const engine = connect(Number(this.#target.port), this.#target.hostname);
    for (const socket of [client, engine]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        engine.destroy();
      });
    }
    client.pipe(engine).pipe(client);
  }
}

function memoryLog(): { messages: unknown[]; logger: Logger } {
  const messages: unknown[] = [];
  const write = (line: string): void => void messages.push((JSON.parse(line) as { msg: unknown }).msg);
  return { messages, logger: createLogger('spec', 'info', { write }) };
}

async function eventually(check: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await check();
      return;
    } catch (error) {
      if (tries > 200) throw error;
      await delay(25);
    }
  }
}

const urlOf = (name: 'REDIS_URL' | 'DATABASE_URL'): string => {
  const url = process.env[name];
  if (!url) throw new Error(`${name} is not set: run these specs with npm test`);
  return url;
};

describe('the clients of the engines', () => {
  const cleanup: (() => Promise<unknown> | void)[] = [];
  afterEach(async () => {
    for (const step of cleanup.splice(0).toReversed()) await step();
  });

  async function cuttable(name: 'REDIS_URL' | 'DATABASE_URL'): Promise<{ url: string; engine: Cut }> {
    const engine = new Cut(urlOf(name));
    const url = await engine.open();
    cleanup.push(() => engine.cut());
    return { url, engine };
  }

  test('Redis fails at once while away, comes back by itself, and says each once', async () => {
    const { url, engine } = await cuttable('REDIS_URL');
    const { logger, messages } = memoryLog();
    const redis = createRedis(url, { logger });
    cleanup.push(() => redis.disconnect());
    await redisReady(redis);
    await pingRedis(redis);

    await engine.cut();
    await expect(
      eventually(async () => {
        if (redis.status === 'ready') throw new Error('still connected');
      }),
    ).resolves.toBeUndefined();
    const errors = await Promise.all(
      Array.from({ length: 100 }, () => redis.get('key').catch((error: unknown) => error)),
    );
    expect(errors.every((error) => isUnavailable(error))).toBe(true);
    await expect(pingRedis(redis)).rejects.toThrow('not connected');
    await delay(300);

    await engine.open();
    await redisReady(redis);
    expect(await redis.ping()).toBe('PONG');
    expect(messages).toEqual(['Redis connected', 'Redis is away', 'Redis is back']);
  });

  test('PostgreSQL: a lost connection, idle or in use, ends no process and is replaced', async () => {
    const { url, engine } = await cuttable('DATABASE_URL');
    const { logger, messages } = memoryLog();
    const pool = createPool(url, { logger, max: 3 });
    cleanup.push(() => pool.end());
    await Promise.all([pingPool(pool), pingPool(pool)]);
    const held = await pool.connect();
    const running = pool.query('select pg_sleep(30)').catch((error: unknown) => error);
    await delay(50);

    await engine.cut();
    expect(isUnavailable(await running)).toBe(true);
    expect(isUnavailable(await held.query('select 1').catch((error: unknown) => error))).toBe(true);
    held.release(true);
    expect(isUnavailable(await pingPool(pool).catch((error: unknown) => error))).toBe(true);

    await engine.open();
    await eventually(() => pingPool(pool));
    expect(messages).toEqual(['PostgreSQL connection lost', 'PostgreSQL is back']);
  });

  test('PostgreSQL: a statement ends with its time', async () => {
    const pool = createPool(urlOf('DATABASE_URL'), { logger: memoryLog().logger, statementTimeoutMs: 50 });
    cleanup.push(() => pool.end());
    await expect(pool.query('select pg_sleep(10)')).rejects.toThrow('statement timeout');
  });
});
