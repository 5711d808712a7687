import { randomInt } from 'node:crypto';
import { Redis } from 'ioredis';
import { Client } from 'pg';

/**
 * Sets the environment that the launcher reads: a separate event store, and a separate database on the given other
 * backing services.
 * @param ownKafka whether to use a separate Kafka, which no other system reads or writes
 * @returns a function that restores the environment
 */
export async function separateBackingServices(ownKafka = false): Promise<() => Promise<void>> {
  const { env } = process;
  const before = { ...env };
  delete env['EVENTSTORE_URL'];
  if (ownKafka) delete env['KAFKA_BROKERS'];
  env['TURNSTREAM_BACKING_SERVICES'] = 'native';
  const { DATABASE_URL, REDIS_URL } = before;
  let claim: Claim | undefined;
  if (DATABASE_URL && REDIS_URL) {
    claim = await claimRedisDatabase(DATABASE_URL, await redisDatabases(REDIS_URL));
    env['REDIS_URL'] = `${REDIS_URL.replace(/\/\d+$/, '')}/${claim.database}`;
    await emptyRedis(env['REDIS_URL']);
  }
  const name = `turnstream_${process.pid}_${randomInt(1_000_000)}`;
  if (DATABASE_URL) {
    await execute(DATABASE_URL, `CREATE DATABASE ${name}`);
    env['DATABASE_URL'] = new URL(`/${name}`, DATABASE_URL).href;
  }
  return async () => {
    Object.assign(env, before);
    if (before['TURNSTREAM_BACKING_SERVICES'] === undefined) delete env['TURNSTREAM_BACKING_SERVICES'];
    // A leftover database only takes disk space.
    if (DATABASE_URL)
      await execute(DATABASE_URL, `DROP DATABASE ${name} WITH (FORCE)`).catch(() => undefined);
    await claim?.release();
  };
}

async function execute(serverUrl: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Redis database numbers for whole systems: 10 to 13, and from 16 on. Integration specs use the others. */
async function redisDatabases(url: string): Promise<number[]> {
  const redis = new Redis(url);
  try {
    const [, count = ''] = await redis.config('GET', 'databases');
    return [...Array(Number(count)).keys()].filter((number) => number > 15 || (number > 9 && number < 14));
  } finally {
    redis.disconnect();
  }
}

/** Distinguishes these advisory locks of PostgreSQL from others. */
const lockSpace = 7_301;

interface Claim {
  readonly database: number;
  release(): Promise<void>;
}

/** Claims a Redis database that no other system uses, by a lock in PostgreSQL that ends with this process. */
async function claimRedisDatabase(postgresUrl: string, databases: readonly number[]): Promise<Claim> {
  const client = new Client({ connectionString: postgresUrl });
  client.on('error', () => undefined);
  await client.connect();
  for (const database of databases) {
    const { rows } = await client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock($1, $2) AS locked',
      [lockSpace, database],
    );
    if (rows[0]?.locked) return { database, release: () => client.end() };
  }
  await client.end();
  throw new Error('Every Redis database is used by another system.');
}

async function emptyRedis(url: string): Promise<void> {
  const redis = new Redis(url);
  try {
    await redis.flushdb();
  } finally {
    redis.disconnect();
  }
}
