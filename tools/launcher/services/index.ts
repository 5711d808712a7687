import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import pRetry from 'p-retry';
import { Failure } from '../../shared/failure.ts';
import { composeProgram, dockerIsChosen } from '../docker.ts';
import { folder, root } from '../paths.ts';
import { assertFree, freePorts, portOf } from '../ports.ts';
import { step } from '../run.ts';
import type { Supervisor } from '../supervisor.ts';
import { eventStore } from './event-store.ts';
import { kafka } from './kafka.ts';
import { postgres } from './postgres.ts';
import type { BackingService } from './service.ts';
import { valkey } from './valkey.ts';

export const backingServices: readonly BackingService[] = [eventStore, kafka, valkey, postgres];
export const usualPort = ({ portVariable, port }: BackingService): number => portOf(portVariable, port);
export const isGiven = ({ variable }: BackingService): boolean => Boolean(process.env[variable]);

/** A service, and where it runs. */
interface Placed {
  readonly service: BackingService;
  readonly port: number;
  readonly url: string;
}

/**
 * Starts the backing services that no variable names (in Docker when it answers, else natively), waits until each
 * answers, and migrates the database. Returns the variables that the apps need.
 * @param dir the folder of their data and logs
 * @param isPrivate on free ports, and nothing is kept
 */
export async function startBackingServices(supervisor: Supervisor, dir: string, isPrivate: boolean) {
  const free = await freePorts(backingServices.length);
  const placed = backingServices.map((service, index): Placed => {
    const port = (isPrivate ? free[index] : undefined) ?? usualPort(service);
    return { service, port, url: process.env[service.variable] || service.url(port) };
  });
  const own = placed.filter(({ service }) => !isGiven(service));
  for (const { service, port } of isPrivate ? [] : own) {
    const remedy = `set ${service.portVariable} to another port, or ${service.variable} to use the service there`;
    await assertFree(port, service.title, remedy);
  }
  const logs = folder(dir, 'logs');
  const started =
    own.length > 0 && (await dockerIsChosen())
      ? [startInDocker(supervisor, own, logs, !isPrivate)]
      : own.map((one) => startNatively(supervisor, one, logs, dir));
  await Promise.all([...started, ...placed.filter(({ service }) => isGiven(service)).map(assertAnswers)]);
  const env = Object.fromEntries(placed.map(({ service, url }) => [service.variable, url]));
  await step(
    'PostgreSQL',
    'migrating',
    () => migrate(env['DATABASE_URL'] ?? ''),
    (count) => `migrated (${count} new)`,
  );
  return env;
}

/** Runs the migrations that the database has not seen; returns how many. */
export async function migrate(databaseUrl: string): Promise<number> {
  const logger = { debug() {}, info() {}, warn: console.warn, error: console.error };
  const where = { databaseUrl, dir: join(root, 'migrations'), migrationsTable: 'schema_migration' };
  return (await runner({ ...where, direction: 'up', log: () => {}, logger })).length;
}

async function startNatively(
  supervisor: Supervisor,
  { service, port, url }: Placed,
  logs: string,
  dir: string,
) {
  const { name, title } = service;
  const program = { name, title, log: join(logs, `${name}.log`), ...(await service.program(dir, port)) };
  await step(title, `starting on 127.0.0.1:${port}`, () =>
    supervisor.start(program, () => service.ready(url)),
  );
}

async function startInDocker(supervisor: Supervisor, own: readonly Placed[], logs: string, keep: boolean) {
  const names = own.map(({ service }) => service.name);
  const env = Object.fromEntries(own.map(({ service, port }) => [service.portVariable, String(port)]));
  const program = { ...composeProgram(names, keep), env, log: join(logs, 'docker.log') };
  const ready = () => Promise.all(own.map(({ service, url }) => service.ready(url)));
  await step('Docker', `starting ${names.join(', ')}`, () => supervisor.start(program, ready, 300_000));
}

/** A service that a variable names may be starting just now. */
async function assertAnswers({ service: { title, variable, ready }, url }: Placed): Promise<void> {
  const patience = { retries: Infinity, factor: 1, minTimeout: 500, maxRetryTime: 5_000 };
  try {
    await step(
      title,
      `asking the one of ${variable}`,
      () => pRetry(() => ready(url), patience),
      () => 'answers',
    );
  } catch (error) {
    const at = `${variable}=${url.replace(/:[^:@/]+@/, ':***@')} (${(error as Error).message})`;
    throw new Failure(`${title} does not answer at ${at}: start it, or unset ${variable}.`);
  }
}
