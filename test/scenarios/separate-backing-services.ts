import { randomInt } from 'node:crypto';
import { Client } from 'pg';
import { claimRedisDatabase } from '../../libs/platform/src/testing/test-services.ts';

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
  let claim: Awaited<ReturnType<typeof claimRedisDatabase>> | undefined;
  if (DATABASE_URL && REDIS_URL) {
    claim = await claimRedisDatabase();
    env['REDIS_URL'] = claim.url;
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
