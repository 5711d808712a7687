import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { createLogger, createRedis } from '#platform';
import type { StreamNotification } from '#read-models';
import { notificationChannel } from '#read-models';
import { until } from '../test-support.ts';
import { Notifier } from './notifier.ts';

const ignore = (): void => undefined;
const ends: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of ends) await end();
});

/** A way to Redis that can be cut and opened again. */
class Way {
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
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

test('a session that is watched while Redis is away is heard of once it is back', async () => {
  const way = new Way();
  const port = await way.open();
  const redis = createRedis(`redis://127.0.0.1:${port}`, { logger: createLogger('api', 'silent') });
  ends.push(() => redis.disconnect());
  let back = 0;
  const wakes = new Notifier(redis.duplicate(), randomUUID(), ignore, () => void (back += 1));
  ends.push(
    () => wakes.close(),
    () => way.cut(),
  );
  await until(() => back === 1);
  await way.cut();
  await sleep(50);
  const id = randomUUID();
  const heard: StreamNotification[] = [];
  await wakes.watch(id, (wake) => heard.push(wake));
  await way.open(port);
  await until(() => back === 2);
  const wake = { first: 4, last: 5, quiet: false };
  await until(async () => (await redis.publish(notificationChannel(id), '4 5 0').catch(() => 0)) > 0);
  await until(() => heard.length > 0);
  expect(heard[0]).toEqual(wake);
});
