import { Inject, Injectable, Optional } from '@nestjs/common';
import { Pool } from 'pg';
import { PartitionLeaseStore } from '#partitions';
import type { Logger } from '#platform';
import { InjectLogger, Semaphore } from '#platform';
import { DataKeys } from '#privacy';
import { ContextProjection, ContextStore, RowsStore, TextSearchConfig } from '#read-models';
import { EventStore, SharedSubscriptions } from '#sessions';
import { ProjectorMetrics } from './metrics.ts';
import { ProjectorSettings } from './settings.ts';

/** The dependencies of every partition. */
@Injectable()
export class PartitionDependencies {
  readonly subscriptions: SharedSubscriptions;
  /**
   * Concurrent batches of rows, limited so that lease renewals find a connection whatever the number of partitions.
   */
  readonly writes: Semaphore;

  constructor(
    readonly store: EventStore,
    readonly contexts: ContextStore,
    readonly projection: ContextProjection,
    readonly rows: RowsStore,
    readonly pool: Pool,
    readonly leases: PartitionLeaseStore,
    readonly metrics: ProjectorMetrics,
    readonly settings: ProjectorSettings,
    @InjectLogger() readonly logger: Logger,
    readonly textSearch: TextSearchConfig,
    @Optional() @Inject(DataKeys) readonly keys?: DataKeys,
  ) {
    this.subscriptions = new SharedSubscriptions(store);
    this.writes = new Semaphore(Math.max(1, pool.options.max - 2));
  }
}
