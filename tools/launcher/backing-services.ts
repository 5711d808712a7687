import { join } from 'node:path';
import { waitUntil } from '../../libs/platform/src/async/wait-until.ts';
import type { BackingService } from '../backing-services/index.ts';
import { backingServices, composeProgram, dockerIsChosen, recordChoice } from '../backing-services/index.ts';
import { migrate } from '../migrate/migrations.ts';
import { directDatabaseOf, withoutPassword } from '../shared/address.ts';
import { Failure } from '../shared/failure.ts';
import { folder } from '../shared/paths.ts';
import { freePorts } from '../shared/free-ports.ts';
import { lastError, step } from '../shared/run.ts';
import { portOf } from '../shared/ports.ts';
import type { Supervisor } from './supervisor.ts';

export const usualPort = ({ portVariable, port }: BackingService): number => portOf(portVariable, port);
export const isGiven = ({ variable }: BackingService): boolean => Boolean(process.env[variable]);
/** The value of a service's variable when the system runs without it. */
export const OFF = 'off';

/** A service and its location. */
interface Placed extends BackingService {
  readonly at: number;
  readonly address: string;
}

/**
 * Starts the backing services that no variable names (in Docker if it answers, otherwise natively), waits until each
 * answers, and migrates the database. Returns the variables that the apps need.
 * @param dir the folder of their data and logs
 * @param isPrivate use free ports, and keep nothing
 */
export async function startBackingServices(supervisor: Supervisor, dir: string, isPrivate: boolean) {
  const free = isPrivate ? await freePorts(backingServices.length) : [];
  const hasOwn = !backingServices.every(isGiven);
  const inDocker = hasOwn && (await dockerIsChosen(isPrivate ? undefined : dir));
  const placed = backingServices.map((service, index): Placed => {
    const at = free[index] ?? usualPort(service);
    const address = process.env[service.variable] || service.url(at, inDocker ? undefined : dir);
    return { ...service, at, address };
  });
  const own = placed.filter((service) => !isGiven(service));
  const logs = folder(dir, 'logs');
  const starting = inDocker
    ? [startInDocker(supervisor, own, logs, !isPrivate)]
    : own.map((service) => startNatively(supervisor, service, dir, isPrivate));
  const given = placed.filter((service) => isGiven(service) && service.address !== OFF);
  await Promise.all([...starting, ...given.map(assertAnswers)]);
  if (hasOwn && !isPrivate) recordChoice(dir, inDocker);
  const env = Object.fromEntries(placed.map(({ variable, address }) => [variable, address]));
  await step('PostgreSQL', 'migrating', () => migrate(directDatabaseOf(env)), 'migrated');
  return env;
}

async function startNatively(supervisor: Supervisor, service: Placed, dir: string, isPrivate: boolean) {
  const { name, title, at, address, ready } = service;
  const program = {
    name,
    log: join(dir, `logs/${name}.log`),
    ...(await service.program(dir, at, isPrivate)),
  };
  await step(title, `starting on 127.0.0.1:${at}`, () => supervisor.start(program, () => ready(address)));
}

async function startInDocker(supervisor: Supervisor, own: readonly Placed[], logs: string, keep: boolean) {
  const names = own.map(({ name }) => name);
  const env = Object.fromEntries(own.map(({ portVariable, at }) => [portVariable, String(at)]));
  const program = { name: 'docker', log: join(logs, 'docker.log'), env, ...composeProgram(names, keep) };
  const ready = () => Promise.all(own.map((service) => service.ready(service.address)));
  await step('Docker', `starting ${names.join(', ')}`, () => supervisor.start(program, ready, 300_000));
}

/** A service that a variable names may still be starting. */
async function assertAnswers({ title, variable, ready, address }: Placed): Promise<void> {
  const answers = () => ready(address).then(() => true);
  const ask = () => waitUntil(answers, { timeoutMs: 5_000, everyMs: 500 });
  await step(title, `asking the one of ${variable}`, ask, 'answers').catch((error: Error) => {
    const at = `${variable}=${withoutPassword(address)} (${lastError(error)})`;
    throw new Failure(`${title} does not answer at ${at}: start it, or unset ${variable}.`);
  });
}
