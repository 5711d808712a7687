import { Config } from '../config/config.ts';
import { Metrics } from '../metrics/metrics.ts';
import { Breaker } from './breaker.ts';

/**
 * Guards reads of Redis that requests can do without: there, contexts and records of commands are a cache. The token of the
 * provider.
 */
export class RedisBreaker extends Breaker {}

/** For the processes that answer requests: a projector instead waits for Redis as long as needed. */
export const redisBreakerProvider = {
  provide: RedisBreaker,
  useFactory: createRedisBreaker,
  inject: [Config, Metrics],
};

function createRedisBreaker({ redisBudgetMs, redisRetryMs }: Config, metrics: Metrics): RedisBreaker {
  const skipped = metrics.counter('redis_skipped_reads_total', 'Reads of contexts that did without Redis');
  const breaker = new RedisBreaker({
    budgetMs: redisBudgetMs,
    retryMs: redisRetryMs,
    onSkipped: () => skipped.inc(),
  });
  metrics.gauge('redis_degraded', 'Whether requests do without Redis', [], (gauge) =>
    gauge.set(breaker.isOpen ? 1 : 0),
  );
  return breaker;
}
