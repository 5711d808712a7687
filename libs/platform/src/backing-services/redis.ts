import { Redis } from 'ioredis';
import type { CommonRedisOptions, RedisOptions } from 'ioredis';
import { withTimeout } from '../async/with-timeout.ts';
import { loadRedisConnection } from '../config/redis.ts';
import type { RedisConnection } from '../config/redis-connection.ts';
import type { Logger } from '../logging/logger.ts';
import { ClusterClient } from './redis-cluster.ts';

interface RedisClientOptions {
  readonly logger: Logger;
  /** Longest wait for one answer; a connection that is silent this long is replaced. */
  readonly commandTimeoutMs?: number;
}

/**
 * A Redis client that always reconnects and never makes callers wait for it: while Redis is unavailable, commands
 * fail at once (`isUnavailable`). Loss and return of the connection are logged once each. Wait for `redisReady` before first use.
 * For a cluster it offers the same commands and pipelines; `clusterOf` identifies it, for the few commands that concern all nodes.
 * @param to an address, or a connection as `loadRedisConnection` reads it
 */
export function createRedis(
  to: string | RedisConnection,
  { logger, commandTimeoutMs = 2000 }: RedisClientOptions,
): Redis {
  const redis = open(typeof to === 'string' ? loadRedisConnection(to, {}) : to, commandTimeoutMs);
  let unavailable = false;
  onRedisBack(redis, () => {
    logger.info(unavailable ? 'Redis is available again' : 'Redis connected');
    unavailable = false;
  });
  const lost = (err?: Error): void => {
    if (!unavailable) logger.warn({ err }, 'Redis is unavailable');
    unavailable = true;
  };
  redis.on('error', lost);
  redis.on(clusterOf(redis) ? 'incomplete' : 'reconnecting', () => lost());
  return redis;
}

function open(connection: RedisConnection, commandTimeoutMs: number): Redis {
  const { username, password, tls } = connection;
  const options = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls }),
    // No command is sent again: it may be outdated by the time the connection is back.
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    // A command that timed out stays in the client. Replacing a connection that is silent this long drops them all.
    socketTimeout: commandTimeoutMs,
    connectTimeout: 2000,
  } satisfies CommonRedisOptions & RedisOptions;
  if (connection.kind === 'cluster') return new ClusterClient(connection.nodes, options) as unknown as Redis;
  const ofOne = {
    ...options,
    enableOfflineQueue: false,
    // Commands of one turn of the event loop go out in one write.
    enableAutoPipelining: true,
    retryStrategy: (attempt: number) => Math.min(attempt * 50, 1000),
    // A master that became a replica: reconnecting leads to the new master.
    reconnectOnError: ({ message }: Error) => message.startsWith('READONLY '),
  };
  // In an address, rediss means TLS even without any of these files.
  if (connection.kind === 'single')
    return new Redis(tls ? connection.url.replace(/^rediss/, 'redis') : connection.url, ofOne);
  // Sentinels close the connections to a former master. The client's own detector may end the client for good, so it is off.
  const { nodes, name, database, sentinels } = connection;
  return new Redis({
    ...ofOne,
    sentinels: [...nodes],
    name,
    db: database,
    ...(sentinels.username !== undefined && { sentinelUsername: sentinels.username }),
    ...(sentinels.password !== undefined && { sentinelPassword: sentinels.password }),
    ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: commandTimeoutMs,
    sentinelRetryStrategy: (attempt) => Math.min(attempt * 50, 1000),
  });
}

/** The client of a cluster; undefined when Redis is a single node. */
export function clusterOf(redis: Redis): ClusterClient | undefined {
  const client: unknown = redis;
  return client instanceof ClusterClient ? client : undefined;
}

/** Calls back each time that Redis, or one of its masters, is lost: the last writes may be lost too. */
export function onRedisLost(redis: Redis, listener: () => void): void {
  redis.on(clusterOf(redis) ? 'incomplete' : 'close', listener);
}

/** Calls back each time that Redis becomes available, with all its masters. */
export function onRedisBack(redis: Redis, listener: () => void): void {
  redis.on(clusterOf(redis) ? 'complete' : 'ready', listener);
}

/** Whether Redis is connected, with all its masters. */
export function isRedisReady(redis: Redis): boolean {
  return clusterOf(redis)?.isComplete ?? redis.status === 'ready';
}

/** The connections to all masters, for a command that concerns all keys. */
export function redisMasters(redis: Redis): Redis[] {
  const cluster = clusterOf(redis);
  return cluster ? [...cluster.masters().values()].filter((node) => node !== undefined) : [redis];
}

/** Resolves once the client is connected. @throws after `timeoutMs` */
export async function redisReady(redis: Redis, timeoutMs = 10_000): Promise<void> {
  if (isRedisReady(redis)) return;
  const ready = new Promise<void>(
    (resolve) => void redis.once(clusterOf(redis) ? 'complete' : 'ready', () => resolve()),
  );
  await withTimeout(ready, timeoutMs, () => new Error(`Redis did not answer within ${timeoutMs} ms`));
}

/** Health check: rejects when Redis, or one of its masters, does not answer. */
export async function pingRedis(redis: Redis): Promise<void> {
  if (!isRedisReady(redis))
    throw new Error(`not connected (${clusterOf(redis)?.missing().join(', ') || redis.status})`);
  await Promise.all(redisMasters(redis).map((node) => node.ping()));
}
