export { BatchWriter, batchWriterSizes } from './async/batch-writer.ts';
export type { Batch, BatchWriterHooks } from './async/batch-writer.ts';
export { ByteBudget } from './async/byte-budget.ts';
export { expiringCache } from './async/expiring-cache.ts';
export { inParallel } from './async/in-parallel.ts';
export { KeyedMutex } from './async/keyed-mutex.ts';
export { repeat } from './async/repeat.ts';
export { backOffMs, retry } from './async/retry.ts';
export { Semaphore } from './async/semaphore.ts';
export { sleep } from './async/sleep.ts';
export { Slices } from './async/slices.ts';
export { waitUntil } from './async/wait-until.ts';
export { withBudget } from './async/with-budget.ts';
export { withTimeout } from './async/with-timeout.ts';
export { Breaker, BudgetExceededError } from './backing-services/breaker.ts';
export { createPool, isPoolBusy, pingPostgres, withClient } from './backing-services/postgres.ts';
export { Replica } from './backing-services/replica/replica.ts';
export type { Borrow, Reading } from './backing-services/replica/replica.ts';
export {
  clusterOf,
  createRedis,
  isRedisReady,
  onRedisBack,
  onRedisLost,
  redisMasters,
  redisReady,
} from './backing-services/redis.ts';
export { slotOf } from './backing-services/redis-cluster.ts';
export { publishVerb, RedisSubscriber } from './backing-services/redis-subscriber.ts';
export { RedisBreaker, redisBreakerProvider } from './backing-services/redis-breaker.ts';
export { isUnavailable } from './backing-services/unavailable.ts';
export { Config, loadConfig, NamesPooling, RecognisedCommands } from './config/config.ts';
export { IsWhole, listOf, orExit, readEnvironment } from './config/environment.ts';
export { ConfigError, EnvironmentError } from './config/errors.ts';
export type { ConfigFault } from './config/errors.ts';
export { Given } from './config/given.ts';
export type { Tls } from './config/given.ts';
export { secretOf } from './config/secrets.ts';
export { loadKafkaConnection } from './config/kafka.ts';
export { loadRedisConnection } from './config/redis.ts';
export { AbandonedError, assertWanted } from './errors/abandoned.ts';
export { textWithoutData } from './errors/without-data.ts';
export { HealthChecks } from './health/checks.ts';
export { listen } from './http/app.ts';
export { loadMetricsToken, metricsRefusal } from './http/metrics-access.ts';
export { Convert, ItemsByType } from './http/dto.ts';
export { bareHost } from './config/bare-host.ts';
export { inexactNumbers } from './values/exact-json.ts';
export { validationFailed } from './http/validation.ts';
export { createLogger } from './logging/logger.ts';
export type { Logger } from './logging/logger.ts';
export { Metrics } from './metrics/metrics.ts';
export type { Counter, Gauge, Histogram } from './metrics/metrics.ts';
export { InjectLogger, LOGGER } from './nest/platform.module.ts';
export { onShutdown } from './nest/shutdown.ts';
export { createApp, runApp } from './nest/run-app.ts';
export type { AppDefinition } from './nest/run-app.ts';
export { shownPath } from './problems/filter.ts';
export { requestLimits } from './problems/limits.ts';
export { toProblem } from './problems/mapping.ts';
export { problemContentType, problemDocument, ProblemError, problems } from './problems/problem.ts';
export type { FieldError, ProblemCode } from './problems/problem.ts';
export { PageBudget, pageBytes, withinBytes } from './values/page-budget.ts';
export { isDeeperThan, jsonSize } from './values/json-size.ts';
export { daysBefore, largestRevision, parseTime, parseWhole, timeFormat } from './values/parse.ts';
export { RecentValues } from './values/recent-values.ts';
export { uuidV5 } from './values/uuid-v5.ts';
