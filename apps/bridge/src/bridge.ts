import type { Kafka } from 'kafkajs';
import type { Pool } from 'pg';
import { inquirySources } from '#domain';
import type { EventStore } from '#sessions';
import type { MessagingSettings, Outgoing } from '#messaging';
import { ensureTopics, Publisher, topicPlans } from '#messaging';
import type { Logger } from '#platform';
import { dueSessions } from '#read-models';
import { PartitionCoordinator, PartitionLeaseStore } from '#partitions';
import { loadCheckpoint, saveCheckpoint, saveSlot } from './checkpoints.ts';
import { incomingConsumer, repliesConsumer } from './inbound/consumers.ts';
import { ConversationPublisher } from './outbound/conversation-publisher.ts';
import { ExpiryTimer } from './expiry/timer.ts';
import { InquiryRunner } from './inquiries/runner.ts';
import type { BridgeMetrics } from './metrics.ts';
import { RequestSender } from './inquiries/request-sender.ts';
import type { SessionCommands } from './session-commands.ts';
import { retryUntilAborted } from './until-done.ts';

export interface BridgeOptions {
  readonly instance: string;
  readonly store: EventStore;
  readonly pool: Pool;
  readonly kafka: Kafka;
  readonly commands: SessionCommands;
  /** Resolves when every engine that a command needs answers. */
  readonly ready: () => Promise<void>;
  readonly logger: Logger;
  readonly metrics: BridgeMetrics;
  readonly messaging: MessagingSettings;
  readonly partitions: number;
  readonly leaseMs: number;
  readonly expiryIntervalMs: number;
  readonly circuit: { readonly threshold: number; readonly openMs: number };
}

/** Everything that the bridge does, each part by itself: none waits for another one. */
export class Bridge {
  readonly inquiries: InquiryRunner;
  readonly slots: PartitionCoordinator<ConversationPublisher>;
  private readonly publisher: Publisher;
  private readonly requests: Publisher;
  private readonly deadLetters: Publisher;
  private readonly outbox: RequestSender;

  constructor(private readonly options: BridgeOptions) {
    const { kafka, logger, pool } = options;
    this.publisher = new Publisher(kafka);
    this.requests = new Publisher(kafka);
    this.deadLetters = new Publisher(kafka, 'gzip');
    this.outbox = new RequestSender((messages) => this.requests.send(messages), logger);
    this.slots = this.partitionCoordinator();
    this.inquiries = new InquiryRunner({
      ...options,
      outbox: this.outbox,
      owns: (sessionId) => this.slots.owns(sessionId),
      load: () => loadCheckpoint(pool, 'inquiries'),
      save: (position) => saveCheckpoint(pool, 'inquiries', position),
      onClosed: (outcome) => options.metrics.closed.inc({ outcome }),
    });
  }

  /** Events of the conversations that wait for Kafka. */
  get backlog(): number {
    return this.slots.work.reduce((sum, feed) => sum + feed.backlog, 0);
  }

  /** Works until the signal; ends when what was under way is done. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.expiry().run(signal),
      this.inquiries.run(signal),
      this.outbox.run(signal),
      this.slots.run(signal),
      this.consume(signal),
    ]);
    await Promise.all([this.publisher.close(), this.requests.close(), this.deadLetters.close()]);
  }

  private async consume(signal: AbortSignal): Promise<void> {
    const { messaging, logger } = this.options;
    if (messaging.createTopics)
      await retryUntilAborted(() => this.createTopics(), signal, logger, 'topics wait for Kafka');
    if (signal.aborted) return;
    const options = {
      ...this.options,
      yieldToDeadlines: () => this.inquiries.yieldToDeadlines(),
      deadLetter: (letters: readonly Outgoing[]) => this.deadLetters.send(letters),
    };
    await Promise.all([incomingConsumer(options).run(signal), repliesConsumer(options).run(signal)]);
  }

  private async createTopics(): Promise<void> {
    const { kafka, messaging, logger } = this.options;
    const admin = kafka.admin();
    try {
      await admin.connect();
      const done = await ensureTopics(admin, topicPlans(inquirySources, messaging.topics));
      if (done.length > 0) logger.info({ done }, 'topics');
    } finally {
      await admin.disconnect();
    }
  }

  private partitionCoordinator(): PartitionCoordinator<ConversationPublisher> {
    const { store, pool, instance, logger, metrics, leaseMs, partitions: partitionCount } = this.options;
    const feedOptions = {
      store,
      logger,
      send: async (messages: readonly Outgoing[]) => {
        await this.inquiries.yieldToDeadlines();
        await this.publisher.send(messages);
      },
      save: (lease: ConversationPublisher['lease'], position: bigint) =>
        saveSlot(pool, instance, lease, position),
      onSent: (count: number) => metrics.published.inc(count),
    };
    return new PartitionCoordinator({
      leases: new PartitionLeaseStore(pool, instance, leaseMs, 'bridge'),
      partitionCount,
      heartbeatMs: leaseMs / 3,
      logger,
      begin: (lease, ended) => {
        setImmediate(() => this.inquiries.takenOver(lease.prefixes));
        return new ConversationPublisher(feedOptions, lease, ended);
      },
    });
  }

  private expiry(): ExpiryTimer {
    const { commands, pool, expiryIntervalMs, logger, metrics } = this.options;
    const due = (now: string, limit: number): Promise<string[]> => dueSessions(pool, now, limit);
    return new ExpiryTimer({ commands, due, intervalMs: expiryIntervalMs, logger, expired: metrics.expired });
  }
}
