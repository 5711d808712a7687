import { Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { DeclarationsModule } from '#declarations';
import { PartitionLeaseStore } from '#partitions';
import { Config } from '#platform';
import { DataKeys, PrivacyModule } from '#privacy';
import {
  ContextProjection,
  ContextStore,
  publishNotifications,
  ReadModelsModule,
  RowsStore,
  SessionMemory,
  TextSearchConfig,
} from '#read-models';
import { EventStore, SessionsModule } from '#sessions';
import { PartitionDependencies } from './common/dependencies.ts';
import { ProjectorMetrics } from './common/metrics.ts';
import { DriftConfig, loadDriftConfigOrExit } from './drift/config.ts';
import { DriftMetrics } from './drift/metrics.ts';
import { Projector } from './projector.ts';
import { ProjectorSettings, settingsOf } from './common/settings.ts';
import { PartitionTimer } from './tables/partition-timer.ts';

/** Builds the read models from the event store's streams. */
@Module({
  imports: [
    PrivacyModule,
    SessionsModule.forRoot({ whenFull: 'wait' }),
    ReadModelsModule,
    DeclarationsModule,
  ],
  providers: [
    { provide: ProjectorSettings, useFactory: settingsOf, inject: [Config] },
    {
      provide: RowsStore,
      useFactory: (pool: Pool, { scope }: TextSearchConfig, keys?: DataKeys) =>
        new RowsStore(pool, { keys, textSearch: scope }),
      inject: [Pool, TextSearchConfig, { token: DataKeys, optional: true }],
    },
    {
      provide: PartitionLeaseStore,
      useFactory: (pool: Pool, { instance, leaseMs }: ProjectorSettings) =>
        new PartitionLeaseStore(pool, instance, leaseMs),
      inject: [Pool, ProjectorSettings],
    },
    {
      provide: ContextProjection,
      useFactory: (
        store: EventStore,
        contexts: ContextStore,
        sessions: SessionMemory,
        redis: Redis,
        metrics: ProjectorMetrics,
      ) =>
        new ContextProjection(store, contexts, {
          sessions,
          onRebuild: () => metrics.rebuilds.inc(),
          onWritten: (grown) => publishNotifications(redis, grown),
        }),
      inject: [EventStore, ContextStore, SessionMemory, Redis, ProjectorMetrics],
    },
    { provide: DriftConfig, useFactory: loadDriftConfigOrExit },
    DriftMetrics,
    ProjectorMetrics,
    PartitionDependencies,
    PartitionTimer,
    Projector,
  ],
})
export class ProjectorModule {}
