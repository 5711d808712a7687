import { Injectable } from '@nestjs/common';
import { createKafka, Publisher, publisherRequestMs } from '#messaging';
import type { Logger } from '#platform';
import { Config, InjectLogger } from '#platform';

/** A Kafka producer for each kind of message, so that none waits for the batches of another. */
@Injectable()
export class Producers {
  readonly conversations: Publisher;
  readonly requests: Publisher;
  readonly deadLetters: Publisher;

  constructor({ kafka: connection }: Config, @InjectLogger() log: Logger) {
    const kafka = createKafka({
      connection,
      clientId: 'turnstream-bridge',
      log,
      requestTimeoutMs: publisherRequestMs,
    });
    this.conversations = new Publisher(kafka);
    this.requests = new Publisher(kafka);
    this.deadLetters = new Publisher(kafka, 'gzip');
  }

  async close(): Promise<void> {
    await Promise.all([this.conversations.close(), this.requests.close(), this.deadLetters.close()]);
  }
}
