import { Redis } from 'ioredis';
import type { Logger } from '../logging/logger.ts';

interface RedisClientOptions {
  readonly logger: Logger;
  /** Longest wait for one answer. */
  readonly commandTimeoutMs?: number;
}

/**
 * A Redis client that reconnects for ever and never makes a caller wait for it: while away, commands fail at once
 * (`isUnavailable`). Loss and return of the connection are logged once each. Wait for `redisReady` before first use.
 */
export function createRedis(url: string, { logger, commandTimeoutMs = 2000 }: RedisClientOptions): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    // What is asked for in the same turn of the event loop goes out in one write.
    enableAutoPipelining: true,
    // Nothing is sent again: it may be outdated by the time the connection is back.
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 2000,
    retryStrategy: (attempt) => Math.min(attempt * 50, 1000),
  });
  let away = false;
  redis.on('ready', () => {
    logger.info(away ? 'Redis is back' : 'Redis connected');
    away = false;
  });
  const lost = (err?: Error): void => {
    if (!away) logger.warn({ err }, 'Redis is away');
    away = true;
  };
  redis.on('error', lost);
  redis.on('reconnecting', () => lost());
  return redis;
}

/** Resolves once the client is connected. @throws after `timeoutMs` */
export async function redisReady(redis: Redis, timeoutMs = 10_000): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const ready = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      redis.off('ready', ready);
      reject(new Error(`Redis did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    redis.once('ready', ready);
  });
}

/** For health: rejects when Redis does not answer. */
export async function pingRedis(redis: Redis): Promise<void> {
  if (redis.status !== 'ready') throw new Error(`not connected (${redis.status})`);
  await redis.ping();
}
