import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { runner } from 'node-pg-migrate';
import { Client, Pool } from 'pg';
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

/** Distinguishes these advisory locks of PostgreSQL from others. */
const lockSpace = 7_301;

interface RedisDatabase {
  /** The address of Redis with the number of the database. */
  readonly url: string;
  release(): Promise<void>;
}

/**
 * Claims a Redis database that no other spec or test system uses, and empties it. The claim is a lock in PostgreSQL, which ends with
 * this process at the latest.
 */
export async function claimRedisDatabase(): Promise<RedisDatabase> {
  const [redisUrl, client] = [new URL(serviceUrl('REDIS_URL')), new Client(serviceUrl('DATABASE_URL'))];
  client.on('error', () => undefined);
  await client.connect();
  const redis = new Redis(redisUrl.toString());
  try {
    const [, count = ''] = await redis.config('GET', 'databases');
    // Database 0 is for those that empty nothing.
    for (let database = 1; database < Number(count); database += 1) {
      const { rows } = await client.query<{ locked: boolean }>(
        'SELECT pg_try_advisory_lock($1, $2) AS locked',
        [lockSpace, database],
      );
      if (rows[0]?.locked !== true) continue;
      await redis.select(database);
      await redis.flushdb();
      redisUrl.pathname = `/${database}`;
      return { url: redisUrl.toString(), release: () => client.end() };
    }
  } finally {
    redis.disconnect();
  }
  await client.end();
  throw new Error('Every Redis database is used by another spec or system.');
}

/** A connection to an empty Redis database that only this spec uses, until the connection ends. */
export async function emptyRedis(): Promise<Redis> {
  const claim = await claimRedisDatabase();
  const redis = new Redis(claim.url, { maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  redis.on('end', () => void claim.release());
  return redis;
}

/** The address of the database of such a connection. */
export function redisUrlOf({ options }: Redis): string {
  const url = new URL(serviceUrl('REDIS_URL'));
  url.pathname = `/${options.db}`;
  return url.toString();
}
