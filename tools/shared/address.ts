import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressParts } from '../../libs/platform/src/config/postgres-address.ts';
import { secretOf, textOf } from '../../libs/platform/src/config/secrets.ts';
import { Failure } from './failure.ts';
import { useDevelopmentToken } from './token.ts';

interface Part {
  readonly title: string;
  readonly portVariable: string;
  readonly port: string;
  url(port: string): string;
}

/** The services that a program may connect to, by the variable with their address. */
const parts = {
  TURNSTREAM_URL: {
    title: 'The api',
    portVariable: 'PORT',
    port: '3000',
    url: (p) => `http://127.0.0.1:${p}`,
  },
  EVENTSTORE_URL: {
    title: 'The event store',
    portVariable: 'EVENTSTORE_PORT',
    port: '2113',
    url: (port) => `esdb://127.0.0.1:${port}?tls=false`,
  },
  KAFKA_BROKERS: { title: 'Kafka', portVariable: 'KAFKA_PORT', port: '9092', url: (p) => `127.0.0.1:${p}` },
  REDIS_URL: {
    title: 'Valkey',
    portVariable: 'REDIS_PORT',
    port: '6379',
    url: (p) => `redis://127.0.0.1:${p}`,
  },
  DATABASE_URL: {
    title: 'PostgreSQL',
    portVariable: 'DATABASE_PORT',
    port: '5432',
    url: (port) => `postgres://turnstream:turnstream@127.0.0.1:${port}/turnstream`,
  },
} as const satisfies Readonly<Record<string, Part>>;

type AddressVariable = keyof typeof parts;

/** The address: from the variable, or the system that npm start runs, or the port variable or usual port. */
export function addressOf(variable: AddressVariable, env = process.env): string {
  const { portVariable, port, url } = parts[variable];
  return textOf(env, variable) ?? runningSystem(env)?.[variable] ?? url(env[portVariable] || port);
}

/**
 * The database without a transaction pooler in front, since session locks and settings of a connection have to last.
 * @throws Failure when only one behind such a pooler is named
 */
export function directDatabase(env = process.env): string {
  const url = secretOf(env, 'DATABASE_DIRECT_URL') ?? addressOf('DATABASE_URL', env);
  if (addressParts(url).pooling === 'session') return url;
  throw new Failure(
    'Set DATABASE_DIRECT_URL to the address of PostgreSQL itself: this needs a direct connection.',
  );
}

/**
 * As `directDatabase`, for a system with these addresses: the environment belongs to another one, unless it names
 * this database.
 */
export function directDatabaseOf(addresses: Readonly<Record<string, string>>, env = process.env): string {
  return directDatabase(addresses['DATABASE_URL'] === secretOf(env, 'DATABASE_URL') ? env : addresses);
}

/** An address without its password, for printing. */
export const withoutPassword = (address: string): string => address.replace(/:[^:@/]+@/, ':***@');

/** The error for an address that does not answer: where, why and what to do, in one line. */
export function unreachable(variable: AddressVariable, error?: unknown, env = process.env): Failure {
  const at = withoutPassword(addressOf(variable, env));
  const reason = error instanceof Error ? ` (${error.message})` : '';
  return new Failure(`${parts[variable].title} does not answer at ${at}${reason}. ${remedy(variable, env)}`);
}

function remedy(variable: AddressVariable, env: NodeJS.ProcessEnv): string {
  if (textOf(env, variable) !== undefined)
    return `Start the service that ${variable} names, or unset ${variable}.`;
  if (runningSystem(env) === undefined) return `No system runs here: npm start, or set ${variable}.`;
  return 'The system that npm start runs is starting or has failed: look at its terminal.';
}

/** The address of the api, given or found; the process has a token for it. @throws Failure unless it is ready */
export async function findApi(given?: string): Promise<string> {
  const env = given === undefined ? process.env : { ...process.env, TURNSTREAM_URL: given };
  const url = addressOf('TURNSTREAM_URL', env);
  const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
  if (answer === undefined) throw unreachable('TURNSTREAM_URL', undefined, env);
  if (!answer.ok)
    throw new Failure(`${url} is not ready: ${(await answer.text()).slice(0, 300)}. Try again in a moment.`);
  await useDevelopmentToken(url);
  return url;
}

/** The launcher's run file; one left by a killed launcher is ignored. */
export function runningSystem(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> | undefined {
  try {
    const text = readFileSync(join(env['TURNSTREAM_DATA'] || '.data', 'run.json'), 'utf8');
    const { pid, api, services } = JSON.parse(text) as {
      pid: number;
      api: string;
      services?: Record<string, string>;
    };
    return isAlive(pid) ? { ...services, TURNSTREAM_URL: api } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
