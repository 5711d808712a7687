import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { runner } from 'node-pg-migrate';
import { Client, Pool } from 'pg';
import { retry } from '../async/retry.ts';

/** Distinguishes these advisory locks of PostgreSQL from others. */
const lockSpace = 7_301;

const migrationsFolder = fileURLToPath(new URL('../../../../migrations', import.meta.url));

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
  if (migrations === undefined) await copyMigrated(admin, name);
  else await copyDatabase(admin, name, 'template1');
  const url = databaseUrl(name);
  if (migrations) await migrateTestDatabase(url, migrations);
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

function databaseUrl(name: string): string {
  const address = new URL(serviceUrl('DATABASE_URL'));
  address.pathname = `/${name}`;
  return address.toString();
}

/** Copies files: the default, through the write-ahead log, takes several times as long. */
const copyDatabase = (admin: Pool, name: string, template: string) =>
  admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);

/** Copies a database with all migrations, which the first spec with these migrations creates. */
async function copyMigrated(admin: Pool, name: string): Promise<void> {
  const hash = createHash('sha256');
  for (const file of readdirSync(migrationsFolder).toSorted())
    hash.update(`${file}\n${readFileSync(join(migrationsFolder, file), 'utf8')}\n`);
  const template = `template_${hash.digest('hex').slice(0, 32)}`;
  const { rowCount } = await admin.query(exists, [template]);
  if (!rowCount) await createTemplate(template);
  await copyDatabase(admin, name, template);
}

const exists = 'SELECT FROM pg_database WHERE datname = $1';

async function createTemplate(name: string): Promise<void> {
  const client = new Client(serviceUrl('DATABASE_URL'));
  await client.connect();
  try {
    // Held until the connection ends.
    await client.query('SELECT pg_advisory_lock($1, 0)', [lockSpace]);
    if ((await client.query(exists, [name])).rowCount) return;
    const partial = `${name}_${randomUUID().slice(0, 8)}`;
    await client.query(`CREATE DATABASE ${partial} STRATEGY FILE_COPY`);
    await migrateTestDatabase(databaseUrl(partial));
    await client.query(`ALTER DATABASE ${partial} RENAME TO ${name}`);
  } finally {
    await client.end();
  }
}

/** Runs the next migrations, by default all missing ones. */
async function migrateTestDatabase(databaseUrl: string, count = Infinity): Promise<void> {
  const migrationsTable = 'schema_migration';
  await runner({
    databaseUrl,
    dir: migrationsFolder,
    direction: 'up',
    count,
    migrationsTable,
    log: () => undefined,
  });
}

/** A small pool that survives lost connections. `settings`: SQL that each connection runs first. */
export function testPool(connectionString: string, settings = ''): Pool {
  const onConnect = (client: { query(sql: string): Promise<unknown> }): unknown => client.query(settings);
  const pool = new Pool({ connectionString, max: 6, onConnect });
  pool.on('error', () => undefined);
  return pool;
}

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
