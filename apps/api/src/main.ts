import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { EventStore } from '#sessions';
import {
  createHttpApp,
  createLogger,
  createPool,
  createRedis,
  HealthChecks,
  listen,
  loadConfigOrExit,
  Metrics,
  onShutdown,
  pingPool,
  pingRedis,
} from '#platform';
import { ContextStore } from '#read-models';
import { projectionLag } from '#partitions';
import { AgentRuntime } from './agents/runtime.ts';
import { AgentMetrics } from './agents/metrics.ts';
import { AppModule } from './app.module.ts';
import { serveOpenApi } from './common/openapi.ts';
import { toApiProblem } from './common/problems.ts';

const config = loadConfigOrExit({ PORT: 3000 });
const logger = createLogger('api', config.logLevel);
const metrics = new Metrics('api');
const store = new EventStore(config.eventStoreUrl);
const redis = createRedis(config.redisUrl, { logger });
const pool = createPool(config.databaseUrl, { logger });
const contexts = new ContextStore(redis, { ttlSeconds: config.contextTtlS });

const agents = new AgentRuntime(redis, {
  node: `${hostname()}:${config.port}:${randomUUID().slice(0, 8)}`,
  leaseMs: config.agentLeaseMs,
  unansweredHandoffS: config.unansweredHandoffS,
  logger,
  metrics: new AgentMetrics(metrics),
});
const health = new HealthChecks({
  checks: {
    event_store: () => store.ping(),
    redis: () => pingRedis(redis),
    postgres: () => pingPool(pool),
  },
  details: {
    projections: async () =>
      (await projectionLag(pool)).map((slot) => ({ ...slot, position: String(slot.position ?? '') })),
  },
});
const app = await createHttpApp(AppModule.with({ store, contexts, pool, agents }, config.sessionIdleS), {
  logger,
  metrics,
  health,
  slowRequestMs: config.slowRequestMs,
  translate: toApiProblem,
});
serveOpenApi(app);
onShutdown(
  async () => {
    await app.close();
    redis.disconnect();
    await Promise.all([store.dispose(), pool.end()]);
  },
  { logger, graceMs: config.shutdownGraceMs },
);
logger.info({ url: await listen(app, config) }, 'listening');
