/**
 * Real readiness of each engine: one answered request, not an open port. Each function throws until the engine answers.
 * The clients are imported late: at the start of a fresh clone they are not installed yet.
 */
import { connect } from 'node:net';

const TIMEOUT_MS = 3000;

/** PostgreSQL answers a query; the database of the address is made when it is missing. */
export async function postgresReady(url) {
  const { default: pg } = await import('pg');
  const database = new URL(url).pathname.slice(1);
  try {
    await query(pg, url, 'SELECT 1');
  } catch (error) {
    if (error.code !== '3D000') throw error;
    const server = new URL(url);
    server.pathname = '/postgres';
    await query(pg, server.href, `CREATE DATABASE ${pg.escapeIdentifier(database)}`);
  }
}

async function query(pg, connectionString, text) {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: TIMEOUT_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.query(text);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Redis answers PING (an error while it still loads its data). */
export async function redisReady(url) {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: TIMEOUT_MS });
  redis.on('error', () => {});
  try {
    await redis.connect();
    await redis.ping();
  } finally {
    redis.disconnect();
  }
}

/** Kafka has a controller and knows its brokers. */
export async function kafkaReady(brokers) {
  const list = brokers.split(',');
  await portOpen(list[0]);
  const { Kafka, logLevel } = await import('kafkajs');
  const client = new Kafka({
    brokers: list,
    logLevel: logLevel.NOTHING,
    connectionTimeout: TIMEOUT_MS,
    requestTimeout: TIMEOUT_MS,
    retry: { retries: 0 },
  });
  const admin = client.admin();
  try {
    await admin.connect();
    const { brokers: alive, controller } = await admin.describeCluster();
    if (alive.length === 0 || controller === null) throw new Error('no controller yet');
  } finally {
    await admin.disconnect();
  }
}

/** The event store answers a read of $all; a refusal for want of credentials is an answer too. */
export async function eventStoreReady(url) {
  const { EventStoreDBClient, ErrorType } = await import('@eventstore/db-client');
  const client = EventStoreDBClient.connectionString(url);
  try {
    const reading = client.readAll({ maxCount: 1, direction: 'backwards', fromPosition: 'end' });
    const first = reading[Symbol.asyncIterator]().next();
    const late = new Promise((_, reject) => {
      setTimeout(reject, TIMEOUT_MS, new Error('no answer')).unref();
    });
    await Promise.race([first, late]);
  } catch (error) {
    if (error.type !== ErrorType.ACCESS_DENIED) throw error;
  } finally {
    await client.dispose();
  }
}

function portOpen(address) {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), timeout: TIMEOUT_MS });
    const end = (settle, value) => {
      socket.destroy();
      settle(value);
    };
    socket.once('connect', () => end(resolve));
    socket.once('error', (error) => end(reject, error));
    socket.once('timeout', () => end(reject, new Error('no answer')));
  });
}
