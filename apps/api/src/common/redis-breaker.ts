import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config, Metrics } from '#platform';
import { Breaker } from '#platform';

/** What a request waits for Redis: contexts and records of commands there are a cache. The token of the provider. */
export class RedisBreaker extends Breaker {}

export function createRedisBreaker({ redisBudgetMs, redisRetryMs }: Config, metrics: Metrics): RedisBreaker {
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

/** Says in each answer of the api that requests do without Redis for the moment. */
export function announceDegradation(app: NestFastifyApplication): void {
  const breaker = app.get(RedisBreaker);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (breaker.isOpen && request.url.startsWith('/v1/')) void reply.header('turnstream-degraded', 'redis');
    done();
  });
}
