import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import { waitUntil } from '../../../libs/platform/src/async/wait-until.ts';
import { Failure } from '../../shared/failure.ts';
import { composeProgram, dockerIsChosen } from '../common/docker.ts';
import { folder, root } from '../common/paths.ts';
import { assertFree, freePorts, portOf } from '../common/ports.ts';
import { lastError, step } from '../common/run.ts';
import type { Supervisor } from '../common/supervisor.ts';
import { eventStore } from './event-store.ts';
import { kafka } from './kafka.ts';
import { postgres } from './postgres.ts';
import type { BackingService } from './service.ts';
import { valkey } from './valkey.ts';

export const backingServices: readonly BackingService[] = [eventStore, kafka, valkey, postgres];
export const usualPort = ({ portVariable, port }: BackingService): number => portOf(portVariable, port);
export const isGiven = ({ variable }: BackingService): boolean => Boolean(process.env[variable]);

/** A service, and where it runs. */
interface Placed extends BackingService {
  readonly at: number;
  readonly address: string;
}

/**
 * Starts the backing services that no variable names (in Docker when it answers, else natively), waits until each
 * answers, and migrates the database. Returns the variables that the apps need.
 * @param dir the folder of their data and logs
 * @param isPrivate on free ports, and nothing is kept
 */
export async function startBackingServices(supervisor: Supervisor, dir: string, isPrivate: boolean) {
  const free = isPrivate ? await freePorts(backingServices.length) : [];
  const placed = backingServices.map((service, index): Placed => {
    const at = free[index] ?? usualPort(service);
    return { ...service, at, address: process.env[service.variable] || service.url(at) };
  });
  const own = placed.filter((service) => !isGiven(service));
  for (const { at, title, portVariable, variable } of isPrivate ? [] : own)
    await assertFree(
      at,
      title,
      `set ${portVariable} to another port, or ${variable} to use the service there`,
    );
  const starting =
    own.length > 0 && (await dockerIsChosen())
      ? [startInDocker(supervisor, own, dir, !isPrivate)]
      : own.map((service) => startNatively(supervisor, service, dir));
  await Promise.all([...starting, ...placed.filter(isGiven).map(assertAnswers)]);
  const env = Object.fromEntries(placed.map(({ variable, address }) => [variable, address]));
  await step('PostgreSQL', 'migrating', () => migrate(env['DATABASE_URL'] ?? ''), 'migrated');
  return env;
}

/** Runs the migrations that the database has not seen; returns how many. */
export async function migrate(databaseUrl: string): Promise<number> {
  const logger = { debug() {}, info() {}, warn: console.warn, error: console.error };
  const where = { databaseUrl, dir: join(root, 'migrations'), migrationsTable: 'schema_migration' };
  return (await runner({ ...where, direction: 'up', log: () => {}, logger })).length;
}

async function startNatively(supervisor: Supervisor, { name, title, at, ...service }: Placed, dir: string) {
  const log = join(folder(dir, 'logs'), `${name}.log`);
  const program = { name, log, ...(await service.program(dir, at)) };
  const ready = () => service.ready(service.address);
  await step(title, `starting on 127.0.0.1:${at}`, () => supervisor.start(program, ready));
}

async function startInDocker(supervisor: Supervisor, own: readonly Placed[], dir: string, keep: boolean) {
  const names = own.map(({ name }) => name);
  const env = Object.fromEntries(own.map(({ portVariable, at }) => [portVariable, String(at)]));
  const program = { ...composeProgram(names, keep), env, log: join(folder(dir, 'logs'), 'docker.log') };
  const ready = () => Promise.all(own.map((service) => service.ready(service.address)));
  await step('Docker', `starting ${names.join(', ')}`, () => supervisor.start(program, ready, 300_000));
}

/** A service that a variable names may be starting just now. */
async function assertAnswers({ title, variable, ready, address }: Placed): Promise<void> {
  const answers = () => ready(address).then(() => true);
  const ask = () => waitUntil(answers, { timeoutMs: 5_000, everyMs: 500 });
  await step(title, `asking the one of ${variable}`, ask, 'answers').catch((error: Error) => {
    const at = `${variable}=${address.replace(/:[^:@/]+@/, ':***@')} (${lastError(error)})`;
    throw new Failure(`${title} does not answer at ${at}: start it, or unset ${variable}.`);
  });
}
