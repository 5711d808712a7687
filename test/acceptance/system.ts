import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { System } from '#launcher';
import { withSystem } from '#launcher';

export type { System };

/**
 * A system with its own event store process, which may be killed, and two api nodes. Engines that the environment gives
 * (in a test run) are shared, but with a database and a Redis number of its own.
 */
export async function withOwnSystem<T>(
  fn: (system: System) => Promise<T>,
  more: Readonly<Record<string, string>> = {},
): Promise<T> {
  const { env } = process;
  const before = { ...env };
  delete env['EVENTSTORE_URL'];
  env['TURNSTREAM_ENGINES'] = 'native';
  if (env['DATABASE_URL']) env['DATABASE_URL'] = await newDatabase(env['DATABASE_URL']);
  if (env['REDIS_URL']) env['REDIS_URL'] = `${env['REDIS_URL'].replace(/\/\d+$/, '')}/${randomInt(1, 16)}`;
  try {
    // A Kafka that is shared tells the bridges of several systems apart by their groups.
    const KAFKA_GROUP = `turnstream-${process.pid}-${randomInt(1_000_000)}`;
    return await withSystem({ apis: 2, env: { KAFKA_GROUP, ...more } }, fn);
  } finally {
    Object.assign(env, before);
    if (before['TURNSTREAM_ENGINES'] === undefined) delete env['TURNSTREAM_ENGINES'];
  }
}

async function newDatabase(given: string): Promise<string> {
  const name = `turnstream_${process.pid}_${randomInt(1_000_000)}`;
  const client = new Client({ connectionString: given });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(given);
  url.pathname = `/${name}`;
  return url.href;
}

/** Kills a process with -9 and waits until it was started again. */
export async function kill({ supervisor }: System, name: string): Promise<void> {
  const pid = supervisor.pids.get(name);
  if (pid === undefined) throw new Error(`There is no process ${name} to kill.`);
  supervisor.signal(name, 'SIGKILL');
  const deadline = Date.now() + 60_000;
  while ((supervisor.pids.get(name) ?? pid) === pid) {
    if (Date.now() > deadline) throw new Error(`${name} was not started again.`);
    await sleep(50);
  }
}
