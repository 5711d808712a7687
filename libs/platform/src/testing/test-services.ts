import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { runner } from 'node-pg-migrate';
import { Pool } from 'pg';
import { retry } from '../async/retry.ts';

/** The address of a backing service, from the environment. */
export function serviceUrl(variable: 'DATABASE_URL' | 'EVENTSTORE_URL' | 'REDIS_URL'): string {
  const url = process.env[variable];
  if (!url) throw new Error(`${variable} is not set: run the specs with npm test.`);
  return url;
}

export interface TestDatabase {
  readonly url: string;
  readonly pool: Pool;
  drop(): Promise<void>;
}

/**
 * A fresh database for this spec alone, with its first migrations, by default all. `settings`: SQL that each connection
 * runs first.
 */
export async function createTestDatabase(settings = '', migrations?: number): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const admin = new Pool({ connectionString: serviceUrl('DATABASE_URL'), max: 1 });
  await admin.query(`CREATE DATABASE ${name}`);
  const address = new URL(serviceUrl('DATABASE_URL'));
  address.pathname = `/${name}`;
  const url = address.toString();
  await migrateTestDatabase(url, migrations);
  const pool = testPool(url, settings);
  const drop = async (): Promise<void> => {
    await pool.end();
    // PostgreSQL's own vacuum of the database, which only the server can end, may block it for a moment.
    await retry(() => admin.query(`DROP DATABASE ${name} WITH (FORCE)`), {
      attempts: 50,
      minMs: 100,
      maxMs: 500,
    });
    await admin.end();
  };
  return { url, pool, drop };
}

/** Runs the next migrations, by default all missing ones. */
async function migrateTestDatabase(databaseUrl: string, count = Infinity): Promise<void> {
  const dir = fileURLToPath(new URL('../../../../migrations', import.meta.url));
  const migrationsTable = 'schema_migration';
  await runner({ databaseUrl, dir, direction: 'up', count, migrationsTable, log: () => undefined });
}

/** A small pool that survives lost connections. `settings`: SQL that each connection runs first. */
export function testPool(connectionString: string, settings = ''): Pool {
  const onConnect = (client: { query(sql: string): Promise<unknown> }): unknown => client.query(settings);
  const pool = new Pool({ connectionString, max: 6, onConnect });
  pool.on('error', () => undefined);
  return pool;
}

/** A connection to an empty Redis database that only one spec uses. */
export async function emptyRedis(db: number): Promise<Redis> {
  const redis = new Redis(serviceUrl('REDIS_URL'), { db, maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  await redis.flushdb();
  return redis;
}
