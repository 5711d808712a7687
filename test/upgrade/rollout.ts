import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { CommandEntry, Entry, Stores } from '../consistency/common/history.ts';
import { Random } from '../consistency/common/random.ts';
import { Recorder } from '../consistency/common/recorder.ts';
import { withPatchedBuild } from '../consistency/mutants/build.ts';
import { isSettled, rest } from '../consistency/run/seed.ts';
import { fullSize } from '../consistency/run/sizes.ts';
import type { AppName } from '../consistency/system/apps.ts';
import type { Cluster } from '../consistency/system/cluster.ts';
import { withCluster } from '../consistency/system/cluster.ts';
import { Workload } from '../consistency/workload/workload.ts';
import { nextMigration, nextRelease } from './next-release.ts';

export interface Rollout {
  readonly commands: number;
  /** Commands without an answer, or with a status of 500 and above. */
  readonly failed: readonly string[];
  /** Counts of the new field, of events of the new type, and of rows with the new column. */
  readonly fields: number;
  readonly newEvents: number;
  readonly columns: number;
  readonly setAside: number;
  /** Whether rows and contexts hold every event at the end. */
  readonly settled: boolean;
}

interface Options {
  /** The folder of the history and of the processes' logs. */
  readonly dir: string;
  readonly onProgress: (text: string) => void;
}

const sizes = { api: 2, projector: 2, bridge: 2 } as const;
const load = { ...fullSize.load, loadMs: 5_000, commands: 0, clients: 8, slots: 8, agents: 2, perSecond: 60 };
/** Readers before writers; the way back is in reverse order. */
const forwards: readonly AppName[] = ['projector', 'bridge', 'api'];

/** Rolls the next release out and back, one process after the other, while clients and agents work. */
export function rollOutAndBack({ dir, onProgress }: Options): Promise<Rollout> {
  const logs = join(dir, 'logs');
  mkdirSync(logs, { recursive: true });
  const history = join(dir, 'history.jsonl');
  const present = process.cwd();
  return withPatchedBuild(nextRelease, (next) =>
    withCluster({ sizes, root: present, logs }, async (cluster) => {
      const recorder = new Recorder(history);
      const workload = new Workload(cluster, recorder, new Random('upgrade'), load);
      const rollOut = async (apps: readonly AppName[], root: string, what: string): Promise<void> => {
        for (const process of apps.flatMap((app) => cluster.running(app))) {
          onProgress(`${process.name} ${what}`);
          await cluster.rollOut(process, root);
        }
      };
      const roll = async (): Promise<void> => {
        await execute(cluster, nextMigration);
        await rollOut(forwards, next, 'gets the next release');
        await rollOut(forwards.toReversed(), present, 'gets the present release again');
      };
      try {
        await workload.run(roll());
        await workload.finish();
        const stores = await rest(cluster, workload, settleMs);
        await recorder.close();
        const [row] = await execute(
          cluster,
          'SELECT count(written_by)::int AS count FROM conversation_session',
        );
        return judge(history, stores, Number(row?.['count']));
      } finally {
        await workload.agents.stop();
      }
    }),
  );
}

const settleMs = 90_000;

async function execute({ services }: Cluster, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: services['DATABASE_URL'] });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

function judge(history: string, stores: Stores, columns: number): Rollout {
  const entries = readFileSync(history, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
  const commands = entries.filter((entry): entry is CommandEntry => entry.kind === 'command');
  const failed = commands.filter(({ status }) => status === null || status >= 500);
  const events = Object.values(stores.sessions).flat();
  return {
    commands: commands.length,
    failed: failed.map(({ op, node, status }) => `${op} at ${node.name}: ${status ?? 'no answer'}`),
    fields: events.filter(({ data }) => 'mood' in data).length,
    newEvents: events.filter(({ type }) => type === 'FlagRated').length,
    columns,
    setAside: stores.set_aside.length,
    settled: isSettled(stores),
  };
}
