import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { Stall } from '#partitions';
import { checkStalls, PartitionCoordinator, partitionNumber, projectionLag } from '#partitions';
import { HealthChecks, onRedisBack, onRedisLost, redisReady, withTimeout } from '#platform';
import { redriveRequests, StoredContexts } from '#read-models';
import { explainingDenial, streamMatches } from '#sessions';
import { AccessWriter } from './access/writer.ts';
import { PartitionDependencies } from './common/dependencies.ts';
import { DriftChecker } from './drift/checker.ts';
import { DriftConfig } from './drift/config.ts';
import { DriftMetrics } from './drift/metrics.ts';
import { PartitionSupervisor } from './partition/supervisor.ts';
import type { PartitionStatus } from './common/partition-status.ts';

/** Owns its share of the partitions by leases and keeps each of them running. */
@Injectable()
export class Projector implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly coordinator: PartitionCoordinator<PartitionSupervisor>;
  private readonly accessWriter: AccessWriter;
  private readonly drift: DriftChecker;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly deps: PartitionDependencies,
    private readonly redis: Redis,
    health: HealthChecks,
    driftConfig: DriftConfig,
    driftMetrics: DriftMetrics,
  ) {
    const { leases, settings, logger, metrics, store, pool, keys, textSearch } = deps;
    this.accessWriter = new AccessWriter(deps);
    this.coordinator = new PartitionCoordinator({
      leases,
      partitionCount: settings.partitions,
      heartbeatMs: settings.heartbeatMs,
      logger,
      begin: (lease, ended) => new PartitionSupervisor(deps, lease, ended),
      idle: (work) => this.currentPartitions(work),
      onHeartbeat: async (work) => {
        await this.ownAccessLogs(work);
        await this.redrive(work);
      },
    });
    this.drift = new DriftChecker({
      sources: { store, pool, contexts: new StoredContexts(redis, keys), keys, textSearch: textSearch.scope },
      config: driftConfig,
      metrics: driftMetrics,
      logger,
      healEveryMs: settings.heartbeatMs,
      partitions: () => this.coordinator.work,
    });
    metrics.observePartitions(() => this.status());
    metrics.observeStalls(() => this.stalls());
    health.addCheck(
      'event_store_all',
      explainingDenial(() => deps.store.head()),
    );
    health.addCheck('partitions', () => this.checkPartitions());
    health.addDetail('projector', async () => ({ instance: settings.instance, slots: this.status() }));
    onRedisLost(redis, () => this.coordinator.work.forEach((partition) => partition.redisLost()));
    onRedisBack(redis, () => this.coordinator.work.forEach((partition) => partition.redisBack()));
  }

  async onApplicationBootstrap(): Promise<void> {
    await redisReady(this.redis, 3_000).catch(() => undefined);
    const { signal } = this.stopping;
    this.running = Promise.all([this.coordinator.run(signal), this.drift.run(signal)]).then(() => undefined);
    this.deps.logger.info('projector started');
  }

  /** Stops after the current batches and releases the partitions, so that others can take them at once. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.running, this.accessWriter.stop()]);
  }

  /** The partitions that this instance owns. */
  status(): PartitionStatus[] {
    return this.coordinator.work.flatMap((partition) => partition.status() ?? []);
  }

  private stalls(): Stall[] {
    return this.coordinator.work.flatMap((partition) => partition.stalls());
  }

  private async checkPartitions(): Promise<void> {
    const { work } = this.coordinator;
    const stopped = this.status().filter(({ state }) => state === 'stopped');
    if (stopped.length > 0) {
      const names = stopped.map(({ slot }) => slot).join(', ');
      throw new Error(`partitions stopped because too many of their sessions were set aside: ${names}`);
    }
    if (work.some(({ isAheadOfStore }) => isAheadOfStore))
      throw new Error('the rows are ahead of the event store, which was restored: npm run rebuild');
    checkStalls(this.stalls(), this.deps.settings.stalledAfterS);
    if (work.length > 0) return;
    const partitions = await projectionLag(this.deps.pool);
    if (partitions.length === 0) throw new Error('there are no partitions');
    if (partitions.some(({ owner }) => owner === null))
      throw new Error('some partitions have no owner, and this projector has none of them');
  }

  /**
   * The partitions whose rows hold all events. The event store has to answer: it may have events that it has not
   * sent.
   */
  private async currentPartitions(work: readonly PartitionSupervisor[]): Promise<number[]> {
    const { store, settings } = this.deps;
    const at = new Date();
    try {
      await withTimeout(store.ping(), settings.heartbeatMs / 2, () => new Error('no answer'));
    } catch {
      return [];
    }
    return work.filter((partition) => partition.confirm(at)).map(({ lease }) => lease.partition);
  }

  /** The owner of the first partition writes the access logs. */
  private async ownAccessLogs(work: readonly PartitionSupervisor[]): Promise<void> {
    const isOurs =
      work.some(({ lease }) => partitionNumber(lease.partition) === 0) && !this.stopping.signal.aborted;
    await (isOurs ? this.accessWriter.start() : this.accessWriter.stop());
  }

  /** Makes the partitions retry the set-aside sessions that an operator has selected. */
  private async redrive(work: readonly PartitionSupervisor[]): Promise<void> {
    const requests = await redriveRequests(this.deps.pool);
    for (const partition of work) {
      const ours = requests.filter((id) => streamMatches(id, partition.lease.prefixes));
      if (ours.length > 0) partition.redrive(ours);
      else await partition.refreshNotes();
    }
  }
}
