import { Injectable } from '@nestjs/common';
import { Kafka } from 'kafkajs';
import { Declarations } from '#declarations';
import type { ConsumerOptions, InquiryReply } from '#messaging';
import { ConsumerLoop, repliesTopic } from '#messaging';
import type { Logger } from '#platform';
import { InjectLogger, isUnavailable, retry } from '#platform';
import { BackingServices } from '../common/backing-services.ts';
import { BridgeConfig } from '../common/config.ts';
import { UrgentTasks } from '../common/urgent-tasks.ts';
import { BridgeMetrics } from '../common/metrics.ts';
import { Producers } from '../common/producers.ts';
import type { AddressedUpdate } from './external-updates.ts';
import { ExternalUpdates } from './external-updates.ts';
import { InquiryReplies } from './inquiry-replies.ts';
import { createTopics } from './topics.ts';

/** Consumes what other systems send: external updates, and replies to inquiries. */
@Injectable()
export class InboundConsumers {
  constructor(
    private readonly kafka: Kafka,
    private readonly config: BridgeConfig,
    private readonly declarations: Declarations,
    private readonly updates: ExternalUpdates,
    private readonly replies: InquiryReplies,
    private readonly urgent: UrgentTasks,
    private readonly services: BackingServices,
    private readonly producers: Producers,
    private readonly metrics: BridgeMetrics,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.config.createTopics) await this.createTopics(signal);
    if (signal.aborted) return;
    const isToldOfUpdates = this.declarations.names.incoming.length > 0;
    await Promise.all([
      isToldOfUpdates && this.updateConsumer().run(signal),
      this.replyConsumer().run(signal),
    ]);
  }

  private async createTopics(signal: AbortSignal): Promise<void> {
    const { kafka, config, declarations, logger } = this;
    const onRetry = (err: unknown, attempt: number): void => {
      if (attempt === 1) logger.warn({ err }, 'topics not created yet');
    };
    const create = (): Promise<string[]> => createTopics(kafka, declarations.names, config.topics);
    const done = await retry(create, { minMs: 100, maxMs: 5_000, signal, onRetry });
    if (done && done.length > 0) logger.info({ done }, 'topics created or changed');
  }

  /** Brings the events of other systems to the sessions that they concern. */
  private updateConsumer(): ConsumerLoop<AddressedUpdate> {
    return new ConsumerLoop<AddressedUpdate>({
      ...this.shared('events', this.declarations.names.incoming),
      prepare: (messages) => this.updates.address(messages),
      handle: async (update, { topic }) => {
        await this.urgent.yieldToDeadlines();
        this.metrics.recorded.inc({ topic }, await this.updates.record(update));
        this.metrics.received.inc({ topic });
      },
    });
  }

  /** Brings the replies of sources to the sessions that asked. */
  private replyConsumer(): ConsumerLoop<InquiryReply> {
    return new ConsumerLoop<InquiryReply>({
      ...this.shared('replies', [repliesTopic]),
      prepare: async (messages) => this.replies.read(messages),
      handle: async (reply, { topic }) => {
        await this.urgent.yieldToDeadlines();
        await this.replies.record(reply);
        this.metrics.received.inc({ topic });
      },
    });
  }

  /** What both have in common; each has a consumer group of its own, so neither waits for the other. */
  private shared(
    name: string,
    topics: readonly string[],
  ): Omit<ConsumerOptions<never>, 'prepare' | 'handle'> {
    const { kafka, config, metrics } = this;
    return {
      kafka,
      groupId: `${config.groupId}.${name}`,
      topics,
      log: this.logger,
      partitionsAtOnce: config.partitionsAtOnce,
      chunkSize: config.chunkSize,
      atOnce: config.messagesAtOnce,
      ready: () => this.services.ping(),
      isUnavailable,
      deadLetter: (letters) => this.producers.deadLetters.send(letters),
      onDeadLetter: (topic, reason) => metrics.deadLetters.inc({ topic, reason }),
      onPaused: (topic) => metrics.paused.inc({ topic }),
    };
  }
}
