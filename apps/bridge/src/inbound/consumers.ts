import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Admin } from 'kafkajs';
import { Kafka } from 'kafkajs';
import { Declarations } from '#declarations';
import type { ConsumerOptions, InquiryReply } from '#messaging';
import { ConsumerLoop, createMissing, differencesOf, repliesTopic, topicPlans, withAdmin } from '#messaging';
import type { Logger } from '#platform';
import { InjectLogger, isUnavailable, retry } from '#platform';
import { DataKeys } from '#privacy';
import { BackingServices } from '../common/backing-services.ts';
import { BridgeConfig } from '../common/config.ts';
import { UrgentTasks } from '../common/urgent-tasks.ts';
import { BridgeMetrics } from '../common/metrics.ts';
import { Producers } from '../common/producers.ts';
import type { AddressedUpdate } from './external-updates.ts';
import { ExternalUpdates, mustWait } from './external-updates.ts';
import { InquiryReplies } from './inquiry-replies.ts';
import { sealLetter } from '../common/sealed-letters.ts';
import { formerGroupOf, groupOf } from './topics.ts';

/** Consumes the messages of other systems: external updates, and replies to inquiries. */
@Injectable()
export class InboundConsumers {
  private readonly states = new Map<string, string>();

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
    @Optional() @Inject(DataKeys) private readonly keys?: DataKeys,
  ) {}

  /** For each topic, whether it is read, or why not. */
  get topics(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.states);
  }

  /** Runs until the signal. Each topic is consumed on its own: a failing one does not stop the others. */
  async run(signal: AbortSignal): Promise<void> {
    const { names } = this.declarations;
    const consumers = [...names.incoming.map((topic) => this.updateConsumer(topic)), this.replyConsumer()];
    await Promise.all([this.checkTopics(signal), ...consumers.map((consumer) => consumer.run(signal))]);
  }

  /** Reports differing topics once Kafka answers, and then creates missing ones, retrying while Kafka refuses. */
  private async checkTopics(signal: AbortSignal): Promise<void> {
    const { kafka, config, declarations, logger } = this;
    const plans = topicPlans(declarations.names, config.topics);
    const retried = <T>(work: (admin: Admin) => Promise<T>, message: string): Promise<T | undefined> => {
      const onRetry = (err: unknown, attempt: number): void => {
        if (attempt === 1) logger.warn({ err }, message);
      };
      return retry(() => withAdmin(kafka, work), { minMs: 100, maxMs: 5_000, signal, onRetry });
    };
    const differences = await retried((admin) => differencesOf(admin, plans), 'topics not checked yet');
    for (const difference of differences ?? []) logger.warn(difference, 'topic is not as configured');
    const create = async (admin: Admin): Promise<void> => {
      const { created, failed } = await createMissing(admin, plans);
      if (created.length > 0) logger.info({ topics: created }, 'topics created');
      const reasons = failed.map(({ topic, reason }) => `${topic}: ${reason}`);
      if (reasons.length > 0) throw new Error(reasons.join('; '));
    };
    if (config.createTopics) await retried(create, 'topics not created yet');
  }

  /** Records events of other systems in the sessions that they concern. */
  private updateConsumer(topic: string): ConsumerLoop<AddressedUpdate> {
    return new ConsumerLoop<AddressedUpdate>({
      ...this.shared(topic),
      isUnavailable: mustWait,
      ready: async () => {
        await this.services.ping();
        await this.updates.ready();
      },
      prepare: (messages) => this.updates.address(messages),
      handle: async (update, _message, signal) => {
        await this.urgent.yieldToDeadlines();
        const { sessions, appended } = await this.updates.record(update, signal);
        this.metrics.recorded.inc({ topic }, appended);
        if (sessions === 0) this.metrics.unmatched.inc({ topic });
        this.metrics.received.inc({ topic });
      },
    });
  }

  /** Records replies of sources in the sessions that asked. */
  private replyConsumer(): ConsumerLoop<InquiryReply> {
    const topic = repliesTopic;
    return new ConsumerLoop<InquiryReply>({
      ...this.shared(topic),
      prepare: async (messages) => this.replies.read(messages),
      handle: async (reply) => {
        await this.urgent.yieldToDeadlines();
        if (!(await this.replies.record(reply))) this.metrics.repliesElsewhere.inc();
        this.metrics.received.inc({ topic });
      },
    });
  }

  private shared(topic: string): Omit<ConsumerOptions<never>, 'prepare' | 'handle'> {
    const { kafka, config, metrics, states } = this;
    states.set(topic, 'not read yet');
    const inheritFrom = formerGroupOf(config, topic);
    return {
      kafka,
      topic,
      groupId: groupOf(config.groupId, topic),
      ...(inheritFrom !== undefined && { inheritFrom }),
      log: this.logger,
      partitionsAtOnce: config.partitionsAtOnce,
      chunkSize: config.chunkSize,
      atOnce: config.messagesAtOnce,
      ready: () => this.services.ping(),
      isUnavailable,
      deadLetter: async (letters) => {
        const sealed = await Promise.all(letters.map((letter) => sealLetter(this.keys, letter, config)));
        await this.producers.deadLetters.send(sealed);
      },
      onDeadLetter: (topic, reason) => metrics.deadLetters.inc({ topic, reason }),
      onPaused: (topic) => metrics.paused.inc({ topic }),
      onState: (fault) => {
        states.set(topic, fault ?? 'read');
        metrics.reading.set({ topic }, fault === undefined ? 1 : 0);
      },
    };
  }
}
