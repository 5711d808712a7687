import type { IHeaders, Kafka, Message, Producer } from 'kafkajs';
import kafkajs from 'kafkajs';

const { CompressionTypes, Partitioners } = kafkajs;

/** A message as it is sent; bytes stay as they are. */
export interface Outgoing {
  readonly topic: string;
  readonly key: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: IHeaders | undefined;
}

/** Size of one request (bytes): a broker accepts about a megabyte for one partition at a time. */
const requestBytes = 500_000;

/** Sends messages. It connects at the first use, and again after a failure. */
export class Publisher {
  private producer: Promise<Producer> | undefined;

  constructor(
    private readonly kafka: Kafka,
    /** `gzip` for messages that may be as large as a broker takes, or larger once they are unpacked. */
    private readonly compression: 'none' | 'gzip' = 'none',
  ) {}

  /** Resolves when every message is in all replicas. When it rejects, some may be in, so a retry may send them twice. */
  async send(messages: readonly Outgoing[]): Promise<void> {
    if (messages.length === 0) return;
    const connecting = (this.producer ??= this.connect());
    try {
      const producer = await connecting;
      const compression = this.compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None;
      for (const part of requests(messages))
        await producer.sendBatch({ acks: -1, timeout: 5_000, compression, topicMessages: byTopic(part) });
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

/** The messages in their order, cut into what one request may hold. */
function requests(messages: readonly Outgoing[]): Outgoing[][] {
  const parts: Outgoing[][] = [[]];
  let bytes = 0;
  for (const message of messages) {
    bytes += sizeOf(message);
    if (bytes > requestBytes && parts.at(-1)?.length !== 0) {
      parts.push([]);
      bytes = sizeOf(message);
    }
    parts.at(-1)?.push(message);
  }
  return parts;
}

function sizeOf({ key, value, headers = {} }: Outgoing): number {
  const texts = [key, value, ...Object.entries(headers).flat(2)];
  return texts.reduce(
    (sum, text) => sum + (text === undefined || text === null ? 0 : Buffer.byteLength(text)),
    0,
  );
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
