import type { Kafka } from 'kafkajs';
import type { Pool } from 'pg';
import type { CommandExecutor } from '#sessions';
import type { ConsumerOptions, InquiryReply, MessagingSettings, Outgoing } from '#messaging';
import { ConsumerLoop, incomingTopics, repliesTopic } from '#messaging';
import type { Logger } from '#platform';
import type { Addressed } from './external-updates.ts';
import { addressIncoming, recordIncoming } from './external-updates.ts';
import type { BridgeMetrics } from '../metrics.ts';
import { readReplies, recordReply } from './replies.ts';
import { isUnavailable } from '../unavailable.ts';

export interface ConsumersOptions {
  readonly pool: Pool;
  readonly kafka: Kafka;
  readonly commands: CommandExecutor;
  /** Resolves when every engine that a command needs answers. */
  readonly ready: () => Promise<void>;
  /** Awaited before each message: what is more urgent goes first. */
  readonly yieldToDeadlines: () => Promise<void>;
  readonly deadLetter: (letters: readonly Outgoing[]) => Promise<void>;
  readonly logger: Logger;
  readonly metrics: Pick<BridgeMetrics, 'received' | 'recorded' | 'dead' | 'paused'>;
  readonly messaging: MessagingSettings;
}

/** Brings the events of other systems to the sessions that they concern. */
export function incomingConsumer(options: ConsumersOptions): ConsumerLoop<Addressed> {
  const { pool, commands, metrics, yieldToDeadlines } = options;
  return new ConsumerLoop<Addressed>({
    ...shared(options, 'events', incomingTopics),
    prepare: (messages) => addressIncoming(pool, messages),
    handle: async (addressed, { topic }) => {
      await yieldToDeadlines();
      metrics.recorded.inc({ topic }, await recordIncoming(commands, addressed));
      metrics.received.inc({ topic });
    },
  });
}

/** Brings the answers of sources to the sessions that asked. */
export function repliesConsumer(options: ConsumersOptions): ConsumerLoop<InquiryReply> {
  const { commands, metrics, yieldToDeadlines } = options;
  return new ConsumerLoop<InquiryReply>({
    ...shared(options, 'replies', [repliesTopic]),
    prepare: readReplies,
    handle: async (reply, { topic }) => {
      await yieldToDeadlines();
      await recordReply(commands, reply);
      metrics.received.inc({ topic });
    },
  });
}

/** What both have in common; each is a group of its own, so neither waits for the other. */
function shared(
  { kafka, messaging, logger, metrics, ready, deadLetter }: ConsumersOptions,
  name: string,
  topics: readonly string[],
): Omit<ConsumerOptions<never>, 'prepare' | 'handle'> {
  return {
    kafka,
    groupId: `${messaging.groupId}.${name}`,
    topics,
    log: logger,
    partitionsAtOnce: messaging.partitionsAtOnce,
    chunkSize: messaging.chunkSize,
    atOnce: messaging.messagesAtOnce,
    ready,
    isAway: isUnavailable,
    deadLetter,
    onDeadLetter: (topic, reason) => metrics.dead.inc({ topic, reason }),
    onPaused: (topic) => metrics.paused.inc({ topic }),
  };
}
