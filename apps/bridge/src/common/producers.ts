import { Injectable } from '@nestjs/common';
import type { Kafka } from 'kafkajs';
import { createKafka, Publisher, publisherRequestMs, withAdmin } from '#messaging';
import type { Logger } from '#platform';
import { Config, InjectLogger } from '#platform';

/** A missing topic is detected within half a second; the senders retry after other failures. */
const requestRetries = 2;

/** A Kafka producer for each kind of message, so that none waits for batches of another. */
@Injectable()
export class Producers {
  readonly conversations: Publisher;
  readonly deadLetters: Publisher;
  /** One per source: the client retries a batch as a whole, so a missing topic would hold up the others. */
  private readonly requests = new Map<string, Publisher>();
  private readonly kafka: Kafka;

  constructor({ kafka: connection }: Config, @InjectLogger() log: Logger) {
    const kafka = createKafka({
      connection,
      clientId: 'turnstream-bridge',
      log,
      requestTimeoutMs: publisherRequestMs,
    });
    this.conversations = new Publisher(kafka, 'gzip');
    this.kafka = kafka;
    this.deadLetters = new Publisher(kafka, 'gzip');
  }

  /** Another producer of conversation events; to be closed by whoever opens it. */
  openConversations(): Publisher {
    return new Publisher(this.kafka, 'gzip', requestRetries);
  }

  /** How many partitions a topic has. */
  async countPartitions(topic: string): Promise<number> {
    return withAdmin(this.kafka, async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]?.partitions.length ?? 0;
    });
  }

  requestsTo(source: string): Publisher {
    const known = this.requests.get(source) ?? new Publisher(this.kafka, 'none', requestRetries);
    this.requests.set(source, known);
    return known;
  }

  async close(): Promise<void> {
    const all = [this.conversations, this.deadLetters, ...this.requests.values()];
    await Promise.all(all.map((publisher) => publisher.close()));
  }
}
