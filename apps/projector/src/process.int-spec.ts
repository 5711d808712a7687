import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { turn, until, World } from './test-harness.ts';

jest.setTimeout(60_000);

const program = fileURLToPath(new URL('../../../dist/apps/projector/main.js', import.meta.url));
const processes: ChildProcess[] = [];
let world: World;
let port: number;

beforeAll(async () => {
  world = await World.create(9);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  server.close();
});
beforeEach(() => world.reset());
afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await world.end();
});

interface Ready {
  readonly status: string;
  readonly details: { readonly projector: { readonly slots: readonly { readonly state: string }[] } };
}

async function ask(path: string): Promise<Response | undefined> {
  return fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
}

/** The projector as it runs in earnest; resolves when all its slots are live. */
async function start(): Promise<ChildProcess> {
  const env = {
    ...process.env,
    DATABASE_URL: world.database.url,
    REDIS_URL: world.redisWay.url,
    KAFKA_BROKERS: '127.0.0.1:9',
    PORT: String(port),
    HOST: '127.0.0.1',
  };
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  processes.push(child);
  await until(async () => {
    const answer = await ask('/health/ready');
    if (!answer?.ok) return false;
    const { slots } = ((await answer.json()) as Ready).details.projector;
    return slots.length === 4 && slots.every((slot) => slot.state === 'live');
  }, 'the projector is live (compile first: npm run build)');
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await exit)[0];
}

test('killed in the middle, the next one goes on; stopped, it leaves its slots to others', async () => {
  const ids = await world.sessions(10);
  const first = await start();
  const sending = (async () => {
    for (let count = 0; count < 10; count += 1) {
      await Promise.all(ids.map((id) => world.send(id, turn(randomUUID()))));
    }
  })();
  await until(
    async () => (await world.pool.query('SELECT FROM conversation_turn')).rows.length > 20,
    'some turns',
  );
  await end(first, 'SIGKILL');
  await sending;

  const second = await start();
  expect(await world.settled(ids)).toBe(10);
  const metrics = await (await ask('/metrics'))?.text();
  expect(metrics).toMatch(/projector_events_total\{lane="rows",slot="\d",app="projector"\} \d+/);
  expect(metrics).toContain('projector_slot_lag_seconds');

  expect(await end(second, 'SIGTERM')).toBe(0);
  const { rows } = await world.pool.query('SELECT DISTINCT owner FROM projection_slot');
  expect(rows).toEqual([{ owner: null }]);
});
