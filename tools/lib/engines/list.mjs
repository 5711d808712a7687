import { eventStoreReady, kafkaReady, postgresReady, redisReady } from '../ready.mjs';
import { eventStoreSpec } from './event-store.mjs';
import { kafkaSpec } from './kafka.mjs';
import { postgresSpec } from './postgres.mjs';
import { valkeySpec } from './valkey.mjs';

/** The four engines: the variable that names a given one, its usual port, how it is started and asked. */
export const ENGINES = [
  {
    name: 'event-store',
    title: 'Event store',
    variable: 'EVENTSTORE_URL',
    portVariable: 'EVENTSTORE_PORT',
    port: 2113,
    url: (port) => `esdb://127.0.0.1:${port}?tls=false`,
    spec: eventStoreSpec,
    ready: eventStoreReady,
  },
  {
    name: 'kafka',
    title: 'Kafka',
    variable: 'KAFKA_BROKERS',
    portVariable: 'KAFKA_PORT',
    port: 9092,
    url: (port) => `127.0.0.1:${port}`,
    spec: kafkaSpec,
    ready: kafkaReady,
  },
  {
    name: 'valkey',
    title: 'Valkey',
    variable: 'REDIS_URL',
    portVariable: 'REDIS_PORT',
    port: 6379,
    url: (port) => `redis://127.0.0.1:${port}`,
    spec: valkeySpec,
    ready: redisReady,
  },
  {
    name: 'postgres',
    title: 'PostgreSQL',
    variable: 'DATABASE_URL',
    portVariable: 'DATABASE_PORT',
    port: 5432,
    url: (port) => `postgres://turnstream:turnstream@127.0.0.1:${port}/turnstream`,
    spec: postgresSpec,
    ready: postgresReady,
  },
];
