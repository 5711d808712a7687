/** The only use of the launcher in scenarios: a private system whose processes may be killed. */
import { randomInt } from 'node:crypto';
import { withSystem } from '#launcher';
import { waitUntil } from '#platform';
import { separateBackingServices } from './separate-backing-services.ts';

/** Api nodes, projector, bridge and their backing services. Processes that end are restarted. */
export interface System {
  /** EVENTSTORE_URL, KAFKA_BROKERS, REDIS_URL and DATABASE_URL. */
  readonly env: Readonly<Record<string, string>>;
  /** Addresses of the api nodes. */
  readonly apis: readonly [string, ...string[]];
  /** Addresses of all apps. */
  readonly apps: readonly string[];
  /** The data folder of its own services; the event store's is `event-store`. */
  readonly dir: string;
  /** The ids of its processes by name; a restarted process has a new one. */
  readonly pids: ReadonlyMap<string, number>;
  /** The KAFKA_GROUP of its bridges. */
  readonly kafkaGroup: string;
  /** Sends a signal to `api`, `api-2`, `projector`, `bridge`, `event-store` or `kafka`. */
  signal(name: string, signal: NodeJS.Signals): void;
  /** Kills a process with -9 and waits until it has restarted. */
  kill(name: string): Promise<void>;
}

/**
 * Runs a system with its own event store process while `work` runs. Backing services named by the environment (in a
 * test run) are shared, but with a separate database, Redis number and consumer group.
 * @param env additional variables of the apps
 * @param ownKafka whether it has its own Kafka, too
 * @param apis the number of api nodes; one is enough for a scenario that sends nothing to another
 */
export async function withOwnSystem<T>(
  work: (system: System) => Promise<T>,
  env: Readonly<Record<string, string>> = {},
  ownKafka = false,
  apis = 2,
): Promise<T> {
  const kafkaGroup = `turnstream-${process.pid}-${randomInt(1_000_000)}`;
  const restore = await separateBackingServices(ownKafka);
  try {
    return await withSystem({ apis, env: { KAFKA_GROUP: kafkaGroup, ...env } }, (launched) => {
      const { signal, pids } = supervisorOf(launched);
      const [first = '', ...others] = launched.apis;
      const kill = async (name: string): Promise<void> => {
        const pid = pids.get(name);
        if (pid === undefined) throw new Error(`There is no process ${name} to kill.`);
        signal(name, 'SIGKILL');
        await waitUntil(() => (pids.get(name) ?? pid) !== pid, { what: `a new process ${name}` });
      };
      const { env: services, dir, apps } = launched;
      const addresses = { apis: [first, ...others], apps } as const;
      return work({ env: services, dir, ...addresses, pids, kafkaGroup, signal, kill });
    });
  } finally {
    await restore();
  }
}

/** The first two api nodes of a system that has more than one. */
export function firstTwoApis({ apis: [first, second] }: Pick<System, 'apis'>): readonly [string, string] {
  if (second === undefined) throw new Error('The system has only one api node.');
  return [first, second];
}

type Launched = Parameters<Parameters<typeof withSystem>[1]>[0];

function supervisorOf({
  supervisor,
}: Launched): Pick<System, 'signal'> & { pids: ReadonlyMap<string, number> } {
  return { pids: supervisor.pids, signal: (name, signal) => supervisor.signal(name, signal) };
}
