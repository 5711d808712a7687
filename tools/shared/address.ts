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

/** What a program may talk to, by the variable that gives its address. */
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

/** The address: of the variable, else of the system that npm start runs, else of the port variable or the usual port. */
export function addressOf(variable: AddressVariable, env = process.env): string {
  const { portVariable, port, url } = parts[variable];
  return textOf(env, variable) ?? runningSystem(env)?.[variable] ?? url(env[portVariable] || port);
}

/**
 * The database without a pooler of transactions before it: locks and settings of a connection have to last.
 * @throws Failure when only one behind such a pooler is named
 */
export function directDatabase(env = process.env): string {
  const url = secretOf(env, 'DATABASE_DIRECT_URL') ?? addressOf('DATABASE_URL', env);
  if (addressParts(url).pooling === 'session') return url;
  throw new Failure(
    'Set DATABASE_DIRECT_URL to the address of PostgreSQL itself: this needs a connection of its own.',
  );
}

/** As `directDatabase`, of a system with these addresses: what the environment says is of another one, unless it names this database. */
export function directDatabaseOf(addresses: Readonly<Record<string, string>>, env = process.env): string {
  return directDatabase(addresses['DATABASE_URL'] === secretOf(env, 'DATABASE_URL') ? env : addresses);
}

/** An address as it may be printed. */
export const withoutPassword = (address: string): string => address.replace(/:[^:@/]+@/, ':***@');

/** The error for an address where nothing answers: where, why and what to do, in one line. */
export function unreachable(variable: AddressVariable, error?: unknown, env = process.env): Failure {
  const at = withoutPassword(addressOf(variable, env));
  const reason = error instanceof Error ? ` (${error.message})` : '';
  return new Failure(`${parts[variable].title} does not answer at ${at}${reason}. ${remedy(variable, env)}`);
}

function remedy(variable: AddressVariable, env: NodeJS.ProcessEnv): string {
  if (textOf(env, variable) !== undefined) return `Start what ${variable} names, or unset ${variable}.`;
  if (runningSystem(env) === undefined) return `No system runs here: npm start, or set ${variable}.`;
  return 'The system that npm start runs is starting or has failed: look at its terminal.';
}

/** The address of the api, as given or found; the process has a token for it. @throws Failure unless it is ready */
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

/** The launcher's note of what it runs; what a killed one left behind counts as nothing. */
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
