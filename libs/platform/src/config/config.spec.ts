import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { loadConfig } from './config.ts';
import { EnvironmentError } from './errors.ts';

const good = {
  EVENTSTORE_URL: 'esdb://127.0.0.1:2113?tls=false',
  KAFKA_BROKERS: '127.0.0.1:9092,kafka-2:9093',
  REDIS_URL: 'redis://127.0.0.1:6379',
  DATABASE_URL: 'postgresql://turnstream:secret@127.0.0.1:5432/turnstream',
};

function faultsOf(env: NodeJS.ProcessEnv): Record<string, string> {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof EnvironmentError)
      return Object.fromEntries(error.faults.map(({ variable, message }) => [variable, message]));
    throw error;
  }
  return {};
}

describe('configuration', () => {
  test('accepts SLOTS as an alias of PARTITIONS', () => {
    expect(loadConfig({ ...good, SLOTS: '8' }).partitions).toBe(8);
    expect(loadConfig({ ...good, SLOTS: '8', PARTITIONS: '2' }).partitions).toBe(2);
  });

  test('accepts that Kafka is off', () => {
    expect(loadConfig({ ...good, KAFKA_BROKERS: 'off' }).kafka.brokers).toEqual([]);
  });

  test('has a default for all but the backing services', () => {
    expect(loadConfig(good)).toMatchObject({
      eventStoreUrl: good.EVENTSTORE_URL,
      kafka: { brokers: ['127.0.0.1:9092', 'kafka-2:9093'] },
      redis: { kind: 'single', url: good.REDIS_URL },
      databaseUrl: good.DATABASE_URL,
      databaseReads: undefined,
      host: '127.0.0.1',
      port: 3000,
      allowedHosts: [],
      allowedOrigins: [],
      logLevel: 'info',
      partitions: 4,
      contextMarginS: 3_600,
      contextEndedS: 600,
      redisBudgetMs: 150,
      redisRetryMs: 1000,
      postgresStatementMs: 4000,
      foreignReferences: 'refuse',
      sessionIdleS: 86_400,
      sessionCacheMb: 64,
      queueMb: 64,
      stalledAfterS: 60,
      expiryIntervalMs: 1000,
      shutdownGraceMs: 10_000,
      slowRequestMs: 1000,
    });
  });

  test('prefers the environment to the default of the app', () => {
    const config = loadConfig(
      { ...good, PORT: '8080', PARTITIONS: '16', LOG_LEVEL: ' debug ' },
      { PORT: 3001 },
    );
    expect(config).toMatchObject({ port: 8080, partitions: 16, logLevel: 'debug' });
    expect(
      loadConfig({
        ...good,
        ALLOWED_HOSTS: 'api,turnstream_api,*.example',
        ALLOWED_ORIGINS: 'https://a.example:8443',
      }),
    ).toMatchObject({
      allowedHosts: ['api', 'turnstream_api', '*.example'],
      allowedOrigins: ['https://a.example:8443'],
    });
    expect(loadConfig({ ...good, PORT: '' }, { PORT: 3001 }).port).toBe(3001);
  });

  test('names every missing variable', () => {
    const missing = Object.keys(good).map((name) => [name, 'is missing']);
    expect(faultsOf({})).toEqual(Object.fromEntries(missing));
  });

  test.each([
    ['EVENTSTORE_URL', 'http://127.0.0.1:2113'],
    ['KAFKA_BROKERS', 'kafka'],
    ['KAFKA_BROKERS', 'kafka:9092,'],
    ['REDIS_URL', '127.0.0.1:6379'],
    ['DATABASE_URL', 'postgresql://127.0.0.1:5432'],
    ['DATABASE_URL', 'mysql://127.0.0.1/turnstream'],
    ['DATABASE_URL', 'postgresql://127.0.0.1/turnstream?pooling=statement'],
    ['DATABASE_READ_URL', 'postgresql://127.0.0.1:5433'],
    ['DATABASE_READ_URL', 'postgresql://127.0.0.1/turnstream?named_statements=no'],
    ['DATABASE_READ_MAX_AGE_MS', '0'],
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '3000.5'],
    ['ALLOWED_HOSTS', 'https://turnstream.example'],
    ['ALLOWED_HOSTS', 'api:3000'],
    ['ALLOWED_ORIGINS', 'console.example'],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'https://a.example:99999'],
    ['ALLOWED_ORIGINS', 'http://['],
    ['ALLOWED_ORIGINS', 'https://a.example,https://1.2.3.4.5'],
    ['LOG_LEVEL', 'loud'],
    ['FOREIGN_REFERENCES', 'maybe'],
    ['PARTITIONS', '3'],
    ['CONTEXT_MARGIN_S', '0'],
    ['EXPIRY_INTERVAL_MS', '1'],
    ['SHUTDOWN_GRACE_MS', '-1'],
  ])('refuses %s=%s', (name, value) => {
    expect(Object.keys(faultsOf({ ...good, [name]: value }))).toEqual([name]);
  });

  test('reports each fault in one line, with an example and never a value', () => {
    const env = { ...good, PORT: 'http', DATABASE_URL: 'mysql://me:hidden@db/turnstream' };
    expect(() => loadConfig(env)).toThrow(
      'Wrong environment: DATABASE_URL must be a postgresql:// address with a database (example: ' +
        'DATABASE_URL=postgresql://turnstream:secret@127.0.0.1:5432/turnstream); PORT must be a whole number from 0 ' +
        'to 65535 (example: PORT=3000)',
    );
  });

  test('a process with a wrong environment writes that line and ends with 78', () => {
    const register = join(import.meta.dirname, '../../../../tools/register.mjs');
    const config = pathToFileURL(join(import.meta.dirname, 'config.ts')).href;
    const source = `const { loadConfigOrExit } = await import('${config}'); loadConfigOrExit({ PORT: 3001 });`;
    const args = ['--no-warnings', '--import', register, '--input-type=module', '-e', source];
    const { status, stderr } = spawnSync(process.execPath, args, {
      env: { ...good, REDIS_URL: '' },
      encoding: 'utf8',
    });
    expect(stderr).toBe(
      'Wrong environment: REDIS_URL is missing (example: REDIS_URL=redis://127.0.0.1:6379)\n',
    );
    expect(status).toBe(78);
  });
});
