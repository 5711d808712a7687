import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { EventStore } from '#sessions';
import type { Config, Logger } from '#platform';
import {
  createLogger,
  createPool,
  createRedis,
  HealthChecks,
  loadConfigOrExit,
  Metrics,
  onShutdown,
  pingPool,
  pingRedis,
  redisReady,
  startWorkerServer,
} from '#platform';
import {
  connectionSettings,
  ContextProjection,
  ContextStore,
  publishNotifications,
  RowsStore,
} from '#read-models';
import { PartitionLeaseStore } from '#partitions';
import { ProjectorMetrics } from './metrics.ts';
import { Projector } from './projector.ts';
import type { PartitionStatus } from './partition-status.ts';

const leaseMs = 6_000;

const config = loadConfigOrExit({ PORT: 3001 });
const logger = createLogger('projector', config.logLevel);
await serve(config, logger);

async function serve(
  { databaseUrl, eventStoreUrl, redisUrl, ...config }: Config,
  logger: Logger,
): Promise<void> {
  const owner = `${hostname()}:${config.port === 0 ? randomUUID() : config.port}`;
  const store = new EventStore(eventStoreUrl);
  const redis = createRedis(redisUrl, { logger });
  const applicationName = 'turnstream-projector';
  const pool = createPool(databaseUrl, { logger, max: 6, applicationName, settings: connectionSettings });
  const contexts = new ContextStore(redis, { ttlSeconds: config.contextTtlS });
  const rows = new RowsStore(pool);
  const slots = (): PartitionStatus[] => projector.status();
  const registry = new Metrics('projector');
  const metrics = new ProjectorMetrics(registry, slots);
  const projection = new ContextProjection(store, contexts, {
    onRefold: () => metrics.refolds.inc(),
    onWritten: (grown) => publishNotifications(redis, grown),
    onFailure: (err) => {
      metrics.unfoldable.inc();
      const { session_id, revision, type } = err;
      logger.error(
        { err, session_id, revision, type },
        'context does not advance: the event cannot be folded',
      );
    },
  });
  const projector = new Projector(
    { store, contexts, projection, rows, metrics, logger, owner },
    {
      slots: new PartitionLeaseStore(pool, owner, leaseMs),
      partitionCount: config.slots,
      heartbeatMs: leaseMs / 3,
    },
  );
  const health = new HealthChecks({
    checks: {
      event_store: () => store.ping(),
      redis: () => pingRedis(redis),
      postgres: () => pingPool(pool),
    },
    details: { projector: async () => ({ instance: owner, slots: slots() }) },
  });
  const server = await startWorkerServer({ host: config.host, port: config.port, health, metrics: registry });
  redis.on('close', () => projector.redisLost());
  redis.on('ready', () => projector.redisBack());
  onShutdown(
    async () => {
      await projector.stop();
      await server.close();
      redis.disconnect();
      await Promise.all([pool.end(), store.dispose()]);
    },
    { logger, graceMs: config.shutdownGraceMs },
  );
  await redisReady(redis, 3_000).catch(() => undefined);
  projector.start();
  logger.info({ url: server.url, instance: owner }, 'projector runs');
}
