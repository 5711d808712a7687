import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { waitUntil } from '#platform';
import { killChild } from '../../tools/shared/fork.ts';
import type { ConnectedSystem } from './clients.ts';

/** Runs another bridge process beside the system's own while `work` runs, then stops it with SIGTERM. */
export function withSecondBridge<T>(system: ConnectedSystem, work: (pid: number) => Promise<T>): Promise<T> {
  return withSecond('bridge', system, work);
}

/** The same with a projector. */
export function withSecondProjector<T>(
  system: ConnectedSystem,
  work: (pid: number) => Promise<T>,
): Promise<T> {
  return withSecond('projector', system, work);
}

async function withSecond<T>(
  app: 'bridge' | 'projector',
  system: ConnectedSystem,
  work: (pid: number) => Promise<T>,
): Promise<T> {
  const port = await freePort();
  const more = { PORT: String(port), KAFKA_GROUP: system.kafkaGroup, LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, [`dist/apps/${app}/main.js`], {
    env: { ...process.env, ...system.env, ...more },
    stdio: 'ignore',
  });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  try {
    const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok;
    await waitUntil(isReady, { what: `the second ${app} to be ready`, everyMs: 100 });
    const result = await work(child.pid ?? 0);
    await terminate(child);
    return result;
  } finally {
    process.off('exit', kill);
    await killChild(child);
  }
}

/** Waits until two bridges hold partitions of the streams. */
export async function waitUntilShared({ pool }: ConnectedSystem): Promise<void> {
  const sql = 'SELECT count(DISTINCT owner)::int AS owners FROM bridge_slot WHERE lease_until > now()';
  const isShared = async (): Promise<boolean> =>
    ((await pool.query<{ owners: number }>(sql)).rows[0]?.owners ?? 0) > 1;
  await waitUntil(isShared, { what: 'two bridges to share the partitions', everyMs: 100 });
}

async function terminate(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit', { signal: AbortSignal.timeout(60_000) });
  child.kill('SIGTERM');
  await exited;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
