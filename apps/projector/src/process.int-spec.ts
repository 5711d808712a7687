import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { ProjectorHarness, turn } from './test-harness.ts';

const program = fileURLToPath(new URL('../../../dist/apps/projector/main.js', import.meta.url));
const processes: ChildProcess[] = [];
let harness: ProjectorHarness;
let port: number;

beforeAll(async () => {
  harness = await ProjectorHarness.create();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  server.close();
});
beforeEach(() => harness.reset());
afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await harness.end();
});

interface Ready {
  readonly status: string;
  readonly details: { readonly projector: { readonly slots: readonly { readonly state: string }[] } };
}

async function ask(path: string): Promise<Response | undefined> {
  return fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
}

/** Starts the built program; resolves when all its partitions are live. */
async function start(): Promise<ChildProcess> {
  const env = {
    ...process.env,
    DATABASE_URL: harness.postgresProxy.url,
    REDIS_URL: harness.redisProxy.url,
    KAFKA_BROKERS: '127.0.0.1:9',
    PORT: String(port),
    HOST: '127.0.0.1',
  };
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  processes.push(child);
  await waitUntil(
    async () => {
      const answer = await ask('/health/ready');
      if (!answer?.ok) return false;
      const { slots } = ((await answer.json()) as Ready).details.projector;
      return slots.length === 4 && slots.every((slot) => slot.state === 'live');
    },
    { what: 'the projector to be live (compile first: npm run build)' },
  );
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await exit)[0];
}

test('a projector that was killed is continued by the next one', async () => {
  const ids = await harness.sessions(10);
  const first = await start();
  const sending = (async () => {
    for (let count = 0; count < 10; count += 1) {
      await Promise.all(ids.map((id) => harness.send(id, turn(randomUUID()))));
    }
  })();
  const someTurns = async (): Promise<boolean> =>
    (await harness.pool.query('SELECT FROM conversation_turn')).rows.length > 20;
  await waitUntil(someTurns, { what: 'some turns' });
  await end(first, 'SIGKILL');
  await sending;
  const second = await start();
  expect(await harness.settled(ids)).toBe(10);
  await end(second, 'SIGKILL');
});

test('a projector that was killed leaves its list of set-aside sessions to the next one', async () => {
  const [id] = (await harness.sessions(1)) as [string];
  const first = await start();
  await harness.append(id, 'TurnRecorded', {}, { schema_version: 9 });
  const entry = await harness.setAside(id);
  await end(first, 'SIGKILL');
  const second = await start();
  expect(await harness.setAside(id)).toEqual(entry);
  await end(second, 'SIGKILL');
});

/** Events as foreign programs may write them, each in its own session. */
async function appendHostile(): Promise<void> {
  const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
  const events: [type: string, data: string, metadata?: string, stream?: string][] = [
    ['New', deep],
    ['FlagRaised', deep],
    ['TurnRecorded', 'no JSON'],
    ['GoalSet', '{"goal":1}', 'null'],
    [
      'TurnRecorded',
      '{}',
      '{"schema_version":1,"command_id":"a","command_hash":"v2.h","command_aliases":[5]}',
    ],
    ['SessionStarted', '{"expires_in_s":1e300}', '{"schema_version":1,"occurred_at":"never"}'],
    ['FlagRaised', '{"flag":"x","value":true}', deep],
    ['FlagRaised', '{"flag":"x","value":true}', undefined, 'x'.repeat(3_000)],
  ];
  for (const [type, data, metadata, id = randomUUID()] of events) {
    const event = { contentType: 'application/json', id: randomUUID(), type, data: Buffer.from(data) };
    const written = { ...event, metadata: metadata === undefined ? undefined : Buffer.from(metadata) };
    await harness.store.append(`session-${id}`, [written], -1);
  }
}

test('a projector survives unprocessable events, and the loss of Redis and PostgreSQL', async () => {
  const child = await start();
  await Promise.all([harness.redisProxy.cut(), harness.postgresProxy.cut()]);
  await appendHostile();
  const ids = await harness.sessions(8);
  await Promise.all([harness.redisProxy.restore(), harness.postgresProxy.restore()]);
  expect(await harness.settled(ids)).toBe(8);
  await waitUntil(async () => (await ask('/health/ready'))?.ok === true, {
    what: 'the projector to be ready',
  });
  expect(child.exitCode).toBeNull();
  await end(child, 'SIGKILL');
});

test('a projector shows its metrics', async () => {
  const ids = await harness.sessions(1);
  const child = await start();
  await harness.settled(ids);
  const metrics = await (await ask('/metrics'))?.text();
  expect(metrics).toMatch(/projector_events_total\{writer="rows",partition="\d",app="projector"\} \d+/);
  expect(metrics).toContain('projector_partition_lag_seconds');
  // They count requests that skip Redis, and the projector serves none.
  expect(metrics).not.toMatch(/redis_degraded|redis_skipped/);
  await end(child, 'SIGKILL');
});

test('a projector that is stopped releases its partitions', async () => {
  const child = await start();
  expect(await end(child, 'SIGTERM')).toBe(0);
  const { rows } = await harness.pool.query('SELECT DISTINCT owner FROM projection_slot');
  expect(rows).toEqual([{ owner: null }]);
});
