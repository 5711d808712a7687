/** Backups of the stores of a running system, and their restore while its programs are suspended. */
import { execFile } from 'node:child_process';
import { copyFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { System } from '../system.ts';

/** Restores a backup. */
export type Restore = () => Promise<void>;

const root = join(import.meta.dirname, '../../..');

/** By the event store's own program. The store reads the restored file at its next start. */
export async function backUpEventStore({ dir }: System): Promise<Restore> {
  const data = join(dir, 'event-store');
  const copy = join(dir, 'event-store-backup');
  const main = join(root, 'packages/embedded-eventstore/src/main.ts');
  const node = ['--conditions=source', '--import', join(root, 'tools/register.mjs'), main];
  await promisify(execFile)(process.execPath, [...node, 'backup', '--data', data, '--to', copy]);
  return async () => {
    for (const name of readdirSync(data)) rmSync(join(data, name), { recursive: true });
    copyFileSync(join(copy, 'events.db'), join(data, 'events.db'));
  };
}

/** All tables, in one snapshot. */
export async function backUpPostgres({ env }: System): Promise<Restore> {
  const tables = await withPostgres(env, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
         AND NOT relispartition ORDER BY relname`,
    );
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ; CREATE SCHEMA backup');
    for (const { name } of rows) await client.query(`CREATE TABLE backup.${name} AS TABLE public.${name}`);
    await client.query('COMMIT');
    return rows.map(({ name }) => name);
  });
  return () =>
    withPostgres(env, async (client) => {
      // A suspended program may hold a lock.
      await client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity ' +
          'WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()',
      );
      await client.query(`BEGIN; TRUNCATE ${tables.join(', ')}`);
      for (const name of tables)
        await client.query(`INSERT INTO ${name} OVERRIDING SYSTEM VALUE SELECT * FROM backup.${name}`);
      await client.query('COMMIT');
    });
}

/** All keys of the system's Redis database. */
export async function backUpRedis({ env }: System): Promise<Restore> {
  const kept = await withRedis(env, async (redis) => {
    const keys = await redis.keys('*');
    return Promise.all(keys.map(async (key) => ({ key, value: await redis.dumpBuffer(key) })));
  });
  return () =>
    withRedis(env, async (redis) => {
      await redis.flushdb();
      for (const { key, value } of kept) if (value) await redis.restore(key, 0, value);
    });
}

async function withPostgres<T>(env: System['env'], work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: env['DATABASE_URL'] });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function withRedis<T>(env: System['env'], work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(env['REDIS_URL'] ?? '');
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}
