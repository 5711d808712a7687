import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { Pool } from 'pg';
import { conversationTopic, partitionOf } from '#messaging';
import type { Lease, PartitionWork } from '#partitions';
import { PartitionCoordinator, PartitionLeaseStore, partitionNumber } from '#partitions';
import type { Logger } from '#platform';
import { Config, InjectLogger, Semaphore } from '#platform';
import { DataKeys } from '#privacy';
import { StoredReferences } from '#read-models';
import { EventStore, positionAfterRestore } from '#sessions';
import { BridgeConfig } from '../common/config.ts';
import { UrgentTasks } from '../common/urgent-tasks.ts';
import { withoutWaiting } from '../common/without-waiting.ts';
import { BridgeMetrics } from '../common/metrics.ts';
import { Producers } from '../common/producers.ts';
import type { Subscribe } from '../common/session-events.ts';
import { SUBSCRIBE } from '../common/session-events.ts';
import type { Mention } from '../references/changes.ts';
import { IndexStore } from '../references/index-store.ts';
import type { IndexPorts } from '../references/index-writer.ts';
import { mentionsOf } from '../references/mentions.ts';
import { IndexWriter } from '../references/index-writer.ts';
import { LateUpdates } from '../updates/late-updates.ts';
import { ConversationPublisher } from './conversation-publisher.ts';
import { KafkaFlows } from './kafka-flows.ts';
import { PartitionProcessor } from './partition-processor.ts';
import { Stalls } from './stalls.ts';

type OwnedWork = PartitionWork &
  Pick<PartitionProcessor, 'backlog' | 'backlogBytes' | 'cachedBytes' | 'writers'>;

/** For a system without Kafka: the positions stay, so that events are published once there is a Kafka. */
const nothingToDo = (lease: Lease): OwnedWork => ({
  lease,
  backlog: 0,
  backlogBytes: 0,
  cachedBytes: 0,
  writers: () => ({}),
  stop: async () => undefined,
});

/**
 * The partitions that this instance owns: it publishes their events, indexes their references, serves their inquiries
 * and expires their sessions.
 */
@Injectable()
export class OutboundPartitions {
  /** The name of this process in the leases. */
  private readonly instance = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
  private readonly leases: PartitionLeaseStore;
  private readonly coordinator: PartitionCoordinator<OwnedWork>;
  /**
   * Concurrent statements for partitions, limited so that lease renewals find a connection whatever the number of
   * partitions.
   */
  private readonly writes: Semaphore;
  private readonly queueBytes: number;
  private readonly cacheBytes: number;
  private readonly flows: KafkaFlows;
  private readonly hasKafka: boolean;
  private readonly stalledAfterS: number;
  private readonly stalls = new Stalls(() => this.coordinator.work);
  private readonly takenListeners: ((prefixes: readonly string[]) => void)[] = [];

  constructor(
    @Inject(SUBSCRIBE) private readonly subscribe: Subscribe,
    private readonly store: EventStore,
    private readonly producers: Producers,
    private readonly urgent: UrgentTasks,
    private readonly late: LateUpdates,
    private readonly pool: Pool,
    private readonly metrics: BridgeMetrics,
    @InjectLogger() private readonly logger: Logger,
    { partitions, queueMb, sessionCacheMb, stalledAfterS, kafka }: Config,
    { leaseMs }: BridgeConfig,
    @Optional() @Inject(DataKeys) private readonly keys?: DataKeys,
  ) {
    this.queueBytes = queueMb * 2 ** 20;
    this.cacheBytes = sessionCacheMb * 2 ** 18;
    this.stalledAfterS = stalledAfterS;
    this.hasKafka = kafka.brokers.length > 0;
    this.flows = this.openFlows();
    metrics.observeMemory({
      waiting: () => this.coordinator.work.reduce((sum, { backlogBytes }) => sum + backlogBytes, 0),
      cached: () => this.coordinator.work.reduce((sum, { cachedBytes }) => sum + cachedBytes, 0),
    });
    metrics.observeStalls(() => this.stalls.list());
    this.writes = new Semaphore(Math.max(1, pool.options.max - 2));
    this.leases = new PartitionLeaseStore(pool, this.instance, leaseMs, 'bridge');
    this.coordinator = new PartitionCoordinator({
      leases: this.leases,
      partitionCount: partitions,
      heartbeatMs: leaseMs / 3,
      logger,
      begin: (lease, ended) => this.begin(lease, ended),
    });
  }

  /** The numbers of the partitions owned. */
  get owned(): number[] {
    return this.coordinator.work.map(({ lease }) => partitionNumber(lease.partition));
  }

  /** The prefixes of the streams in the owned partitions. */
  get prefixes(): string[] {
    return this.coordinator.work.flatMap(({ lease }) => lease.prefixes);
  }

  /** Events that wait to be published. */
  get backlog(): number {
    return this.coordinator.work.reduce((sum, { backlog }) => sum + backlog, 0);
  }

  /** Whether this instance is responsible for a session; others only act if it does not. */
  owns(sessionId: string): boolean {
    return this.coordinator.owns(sessionId);
  }

  /** @throws when a partition has made no progress for `STALLED_AFTER_S` */
  checkProgress(): void {
    this.stalls.check(this.stalledAfterS);
  }

  /** Calls `listener` with the prefixes of the streams of each partition that this instance takes. */
  onTaken(listener: (prefixes: readonly string[]) => void): void {
    this.takenListeners.push(listener);
  }

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.coordinator.run(signal), this.stalls.run(signal)]);
    await this.flows.stop();
  }

  private begin(lease: Lease, ended: () => void): OwnedWork {
    // The partition counts as owned only after this function has returned.
    setImmediate(() => {
      for (const listener of this.takenListeners) listener(lease.prefixes);
    });
    if (!this.hasKafka) return nothingToDo(lease);
    const { subscribe, metrics, logger } = this;
    return new PartitionProcessor(
      {
        subscribe,
        publisher: (signal) => this.publisherOf(lease, signal),
        index: (signal) => this.indexOf(lease, signal),
        metrics,
        logger,
      },
      lease,
      ended,
    );
  }

  private openFlows(): KafkaFlows {
    const { producers, urgent, metrics, logger } = this;
    type Send = typeof producers.conversations.send;
    const whenUrgentIsDone =
      (send: Send): Send =>
      async (messages) => {
        await urgent.yieldToDeadlines();
        await send(messages);
      };
    return new KafkaFlows({
      send: whenUrgentIsDone((messages) => producers.conversations.send(messages)),
      openSender: () => {
        const own = producers.openConversations();
        return { send: whenUrgentIsDone((messages) => own.send(messages)), close: () => own.close() };
      },
      countPartitions: () => producers.countPartitions(conversationTopic),
      partitionOf,
      onSent: (count) => metrics.published.inc(count),
      onRetry: (err, kafka_partition) => logger.warn({ err, kafka_partition }, 'events not published yet'),
    });
  }

  private publisherOf(lease: Lease, signal: AbortSignal): ConversationPublisher {
    const { store, leases, queueBytes, metrics, logger, flows } = this;
    const savePosition = (position: bigint): Promise<boolean> => this.savePosition(lease, position);
    const ports = {
      flows,
      savePosition,
      positionAfterRestore: async () => positionAfterRestore(store, await leases.savedAt(lease)),
      queueBytes: queueBytes / lease.of,
      metrics,
      logger,
    };
    return new ConversationPublisher(ports, lease, signal);
  }

  private indexOf(lease: Lease, signal: AbortSignal): IndexWriter {
    const { metrics, logger, late } = this;
    const owner = { ...lease, owner: this.instance };
    const store = new IndexStore(this.pool, owner, new StoredReferences(this.keys), this.writes);
    const recordLate = (...args: Parameters<IndexPorts['recordLate']>): Promise<void> =>
      late.record(...args, signal);
    const mentionsIn = (sessionId: string): Promise<readonly Mention[]> => mentionsOf(this.store, sessionId);
    const cacheBytes = this.cacheBytes / lease.of;
    return new IndexWriter({ store, cacheBytes, recordLate, mentionsIn, metrics, logger }, signal);
  }

  /** Saves the position up to which a partition is published; false when another instance owns it. */
  private async savePosition({ partition, epoch }: Lease, position: bigint): Promise<boolean> {
    const { rowCount } = await this.writes.run(() =>
      this.pool.query({
        name: 'turnstream-bridge-position',
        text: `UPDATE bridge_slot SET position = $4, updated_at = now() FROM ${withoutWaiting}
          WHERE slot = $1 AND owner = $2 AND epoch = $3`,
        values: [partition, this.instance, epoch, position],
      }),
    );
    return rowCount === 1;
  }
}
