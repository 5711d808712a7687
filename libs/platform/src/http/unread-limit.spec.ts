import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Controller, Get, Module, StreamableFile } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import Fastify from 'fastify';
import { waitUntil } from '../async/wait-until.ts';
import { HealthChecks } from '../health/checks.ts';
import { createLogger } from '../logging/logger.ts';
import { Metrics } from '../metrics/metrics.ts';
import { createHttpApp, listen } from './app.ts';
import { installUnreadLimit } from './unread-limit.ts';

const size = 16 * 1_048_576;

@Controller()
class LargeController {
  @Get('large')
  get(): string {
    return 'x'.repeat(size);
  }

  @Get('larger')
  getMore(): string {
    return 'x'.repeat(4 * size);
  }

  @Get('streamed')
  stream(): StreamableFile {
    return new StreamableFile(Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(size / 64))));
  }
}

@Module({ controllers: [LargeController] })
class LargeModule {}

describe('a large answer', () => {
  let app: NestFastifyApplication;
  let url: URL;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    const logger = createLogger('api', 'silent');
    const shared = { logger, metrics: new Metrics('api'), health: new HealthChecks({ checks: {} }) };
    app = await createHttpApp(LargeModule, { ...shared, unreadMs: 400 });
    url = new URL(await listen(app, { host: '127.0.0.1', port: 0 }));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await app.close();
  });

  const connections = (): Promise<number> =>
    new Promise((resolve) => {
      app.getHttpServer().getConnections((_error, count) => resolve(count));
    });

  /** A client that has requested it. */
  async function ask(path = '/large'): Promise<Socket> {
    const socket = connect(Number(url.port), url.hostname);
    sockets.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await waitUntil(async () => (await connections()) > 0);
    return socket;
  }

  test('is aborted when nobody reads it', async () => {
    for (let n = 0; n < 10; n += 1) await ask();
    await waitUntil(async () => (await connections()) === 0, { what: 'all connections to be cut' });
    expect(await connections()).toBe(0);
  });

  test('is aborted when it is a stream that nobody reads', async () => {
    await ask('/streamed');
    await waitUntil(async () => (await connections()) === 0, { what: 'the connection to be cut' });
    expect(await connections()).toBe(0);
  });

  test('is aborted when it is read too slowly, although the connection is never idle', async () => {
    let taken = 0;
    const socket = await ask('/larger');
    socket.on('data', ({ length }) => {
      taken += length;
      socket.pause();
      setTimeout(() => socket.resume(), 2);
    });
    await waitUntil(async () => (await connections()) === 0, { what: 'the connection to be cut' });
    expect(taken).toBeLessThan(4 * size);
  });
});

test('an answer to a client that has gone sets no timer, which would keep the request in memory', async () => {
  const fastify = Fastify();
  const timers = jest.spyOn(globalThis, 'setTimeout');
  installUnreadLimit(fastify, 12_345);
  fastify.get('/gone', (_request, reply) => {
    reply.raw.destroy();
    return 'x'.repeat(size);
  });
  await fastify.inject('/gone').catch(() => undefined);
  expect(timers.mock.calls.filter(([, ms]) => ms === 12_345)).toEqual([]);
  timers.mockRestore();
  await fastify.close();
});
