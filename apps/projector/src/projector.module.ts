import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { EventStore, SessionsModule } from '#sessions';
import type { Logger } from '#platform';
import { Config, HealthChecks, InjectLogger, LOGGER, Metrics, redisReady } from '#platform';
import { PartitionLeaseStore } from '#partitions';
import {
  ContextProjection,
  ContextStore,
  publishNotifications,
  ReadModelsModule,
  RowsStore,
} from '#read-models';
import { ProjectorMetrics } from './metrics.ts';
import { Projector } from './projector.ts';

const leaseMs = 6_000;

/** The instance's name in the leases: the same after a restart on the same port. */
const instanceName = ({ port }: Config): string => `${hostname()}:${port === 0 ? randomUUID() : port}`;

function createProjector(
  store: EventStore,
  contexts: ContextStore,
  redis: Redis,
  pool: Pool,
  config: Config,
  logger: Logger,
  registry: Metrics,
): Projector {
  const owner = instanceName(config);
  const metrics: ProjectorMetrics = new ProjectorMetrics(registry, () => projector.status());
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
  const rows = new RowsStore(pool);
  const projector = new Projector(
    { store, contexts, projection, rows, metrics, logger, owner },
    {
      slots: new PartitionLeaseStore(pool, owner, leaseMs),
      partitionCount: config.partitions,
      heartbeatMs: leaseMs / 3,
    },
  );
  return projector;
}

/** Builds the read models from the event store's streams. */
@Module({
  imports: [SessionsModule, ReadModelsModule],
  providers: [
    {
      provide: Projector,
      useFactory: createProjector,
      inject: [EventStore, ContextStore, Redis, Pool, Config, LOGGER, Metrics],
    },
  ],
})
export class ProjectorModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly projector: Projector,
    private readonly redis: Redis,
    config: Config,
    health: HealthChecks,
    @InjectLogger() private readonly logger: Logger,
  ) {
    const instance = instanceName(config);
    health.addDetail('projector', async () => ({ instance, slots: projector.status() }));
    redis.on('close', () => projector.redisLost());
    redis.on('ready', () => projector.redisBack());
  }

  async onApplicationBootstrap(): Promise<void> {
    await redisReady(this.redis, 3_000).catch(() => undefined);
    this.projector.start();
    this.logger.info('projector started');
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.projector.stop();
  }
}
