import { Redis } from 'ioredis';
import { withTimeout } from '../async/with-timeout.ts';
import type { Logger } from '../logging/logger.ts';

interface RedisClientOptions {
  readonly logger: Logger;
  /** Longest wait for one answer; a connection on which nothing was answered so long is replaced. */
  readonly commandTimeoutMs?: number;
}

/**
 * A Redis client that always reconnects and never makes a caller wait for it: while Redis is unavailable, commands
 * fail at once (`isUnavailable`). Loss and return of the connection are logged once each. Wait for `redisReady` before first use.
 */
export function createRedis(url: string, { logger, commandTimeoutMs = 2000 }: RedisClientOptions): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    // What is asked for in the same turn of the event loop goes out in one write.
    enableAutoPipelining: true,
    // Nothing is sent again: it may be outdated by the time the connection is back.
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    // A command that timed out still waits in the client. A connection that is silent so long is replaced, with all of them.
    socketTimeout: commandTimeoutMs,
    connectTimeout: 2000,
    retryStrategy: (attempt) => Math.min(attempt * 50, 1000),
  });
  let unavailable = false;
  redis.on('ready', () => {
    logger.info(unavailable ? 'Redis is available again' : 'Redis connected');
    unavailable = false;
  });
  const lost = (err?: Error): void => {
    if (!unavailable) logger.warn({ err }, 'Redis is unavailable');
    unavailable = true;
  };
  redis.on('error', lost);
  redis.on('reconnecting', () => lost());
  return redis;
}

/** Resolves once the client is connected. @throws after `timeoutMs` */
export async function redisReady(redis: Redis, timeoutMs = 10_000): Promise<void> {
  if (redis.status === 'ready') return;
  const ready = new Promise<void>((resolve) => void redis.once('ready', () => resolve()));
  await withTimeout(ready, timeoutMs, () => new Error(`Redis did not answer within ${timeoutMs} ms`));
}

/** For health: rejects when Redis does not answer. */
export async function pingRedis(redis: Redis): Promise<void> {
  if (redis.status !== 'ready') throw new Error(`not connected (${redis.status})`);
  await redis.ping();
}
