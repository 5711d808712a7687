/** The only use of the launcher in scenarios: a private system whose processes may be killed. */
import { randomInt } from 'node:crypto';
import { Client } from 'pg';
import { withSystem } from '#launcher';
import { waitUntil } from '#platform';

/** Two api nodes, projector, bridge and their backing services. A process that ends is started again. */
export interface System {
  /** EVENTSTORE_URL, KAFKA_BROKERS, REDIS_URL and DATABASE_URL. */
  readonly env: Readonly<Record<string, string>>;
  /** Addresses of the api nodes. */
  readonly apis: readonly [string, string];
  /** The value of KAFKA_GROUP for its bridges. */
  readonly kafkaGroup: string;
  /** Sends a signal to `api`, `api-2`, `projector`, `bridge`, `event-store` or `kafka`. */
  signal(name: string, signal: NodeJS.Signals): void;
  /** Kills a process with -9 and waits until it was started again. */
  kill(name: string): Promise<void>;
}

/**
 * Runs a system with its own event store process for as long as `work` runs. Backing services that the environment gives
 * (in a test run) are shared, but with a database, a Redis number and a consumer group of its own.
 * @param env more variables for the apps
 */
export async function withOwnSystem<T>(
  work: (system: System) => Promise<T>,
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const kafkaGroup = `turnstream-${process.pid}-${randomInt(1_000_000)}`;
  const restore = await separateBackingServices();
  try {
    return await withSystem({ apis: 2, env: { KAFKA_GROUP: kafkaGroup, ...env } }, (launched) => {
      const { signal, pids } = supervisorOf(launched);
      const [first = '', second = ''] = launched.apis;
      const kill = async (name: string): Promise<void> => {
        const pid = pids.get(name);
        if (pid === undefined) throw new Error(`There is no process ${name} to kill.`);
        signal(name, 'SIGKILL');
        await waitUntil(() => (pids.get(name) ?? pid) !== pid, { what: `a new process ${name}` });
      };
      return work({ env: launched.env, apis: [first, second], kafkaGroup, signal, kill });
    });
  } finally {
    restore();
  }
}

type Launched = Parameters<Parameters<typeof withSystem>[1]>[0];

function supervisorOf({ guard }: Launched): Pick<System, 'signal'> & { pids: ReadonlyMap<string, number> } {
  return { pids: guard.pids, signal: (name, signal) => guard.signal(name, signal) };
}

/** Sets the environment that the launcher reads. @returns a function that puts it back */
async function separateBackingServices(): Promise<() => void> {
  const { env } = process;
  const before = { ...env };
  delete env['EVENTSTORE_URL'];
  env['TURNSTREAM_ENGINES'] = 'native';
  if (env['DATABASE_URL']) env['DATABASE_URL'] = await createDatabase(env['DATABASE_URL']);
  if (env['REDIS_URL']) env['REDIS_URL'] = `${env['REDIS_URL'].replace(/\/\d+$/, '')}/${randomInt(1, 16)}`;
  return () => {
    Object.assign(env, before);
    if (before['TURNSTREAM_ENGINES'] === undefined) delete env['TURNSTREAM_ENGINES'];
  };
}

async function createDatabase(serverUrl: string): Promise<string> {
  const name = `turnstream_${process.pid}_${randomInt(1_000_000)}`;
  const client = new Client({ connectionString: serverUrl });
  try {
    await client.connect();
    await client.query(`CREATE DATABASE ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
