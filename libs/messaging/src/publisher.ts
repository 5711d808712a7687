import type { IHeaders, Kafka, Message, Producer } from 'kafkajs';
import { Partitioners } from 'kafkajs';

/** A message as it is sent; bytes stay as they are. */
export interface Outgoing {
  readonly topic: string;
  readonly key: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: IHeaders | undefined;
}

/** Sends messages. Connects by itself; after a failure it begins with a new connection. */
export class Publisher {
  private producer: Promise<Producer> | undefined;

  constructor(private readonly kafka: Kafka) {}

  /** Resolves when every message is in all replicas. On a failure some may be in, so whoever sends again sends twice. */
  async send(messages: readonly Outgoing[]): Promise<void> {
    if (messages.length === 0) return;
    const connecting = (this.producer ??= this.connect());
    try {
      const producer = await connecting;
      await producer.sendBatch({ acks: -1, timeout: 5_000, topicMessages: byTopic(messages) });
    } catch (error) {
      if (this.producer === connecting) this.producer = undefined;
      await connecting.then((producer) => producer.disconnect()).catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.then((item) => item.disconnect()).catch(() => undefined);
  }

  private async connect(): Promise<Producer> {
    const producer = this.kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  }
}

function byTopic(messages: readonly Outgoing[]): { topic: string; messages: Message[] }[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, key, value, headers } of messages) {
    const list = topics.get(topic) ?? [];
    list.push({ key, value, ...(headers && { headers }) });
    topics.set(topic, list);
  }
  return [...topics].map(([topic, list]) => ({ topic, messages: list }));
}
