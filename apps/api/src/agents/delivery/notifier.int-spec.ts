import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterAll, expect, jest, test } from '@jest/globals';
import { createLogger, createRedis, waitUntil } from '#platform';
import type { StreamNotification } from '#read-models';
import { notificationChannel } from '#read-models';
import { Notifier } from './notifier.ts';

jest.setTimeout(90_000);
const ends: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of ends.toReversed()) await end();
});

/** A connection to Redis that can be cut and opened again. */
class RedisProxy {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private readonly target = new URL(String(process.env['REDIS_URL']));

  constructor() {
    this.server = createServer((near) => {
      const far = connect(Number(this.target.port), this.target.hostname);
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => [near, far].map((each) => each.destroy()));
      }
      near.pipe(far).pipe(near);
    });
  }

  async open(port = 0): Promise<number> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  async cut(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

test('a session that is watched while Redis is unavailable is notified once Redis is back', async () => {
  const proxy = new RedisProxy();
  ends.push(() => proxy.cut());
  const port = await proxy.open();
  const redis = createRedis(`redis://127.0.0.1:${port}`, { logger: createLogger('api', 'silent') });
  ends.push(() => redis.disconnect());
  const notifier = new Notifier(redis, { name: randomUUID() });
  ends.push(() => notifier.onApplicationShutdown());
  let connections = 0;
  notifier.onReconnect(() => void (connections += 1));
  await waitUntil(() => connections === 1);
  await proxy.cut();
  await waitUntil(() => redis.status !== 'ready');
  const id = randomUUID();
  const received: StreamNotification[] = [];
  await notifier.watch(id, (notification) => received.push(notification));
  await proxy.open(port);
  await waitUntil(() => connections === 2);
  const publish = (): Promise<number> => redis.publish(notificationChannel(id), '4 5 0').catch(() => 0);
  await waitUntil(async () => (await publish()) > 0);
  await waitUntil(() => received.length > 1);
  expect(received[0]).toMatchObject({ first: 0, last: Number.MAX_SAFE_INTEGER });
  expect(received[1]).toEqual({ first: 4, last: 5, quiet: false });
});
