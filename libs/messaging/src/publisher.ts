import type { IHeaders, Kafka, Message, Producer, RecordMetadata } from 'kafkajs';
import kafkajs from 'kafkajs';
import { withSignal } from '../../platform/src/async/with-signal.ts';
import { withTimeout } from '../../platform/src/async/with-timeout.ts';
import { Places } from './places.ts';
import { isLeaderMissing } from './topic-faults.ts';

const { CompressionTypes, KafkaJSRequestTimeoutError } = kafkajs;

/** A message to send; bytes stay unchanged. */
export interface Outgoing {
  readonly topic: string;
  readonly key: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: IHeaders | undefined;
  /** By default derived from the key. */
  readonly partition?: number | undefined;
}

/** Size limit of one request (bytes): a broker accepts about a megabyte for one partition at a time. */
const requestBytes = 500_000;

/** How long a broker waits for all replicas to have a message; after that it answers with an error, and the client retries. */
const replicasMs = 4_000;
/**
 * How long the client of a publisher waits for an answer, in milliseconds. It has to be longer than brokers wait for their
 * replicas, which the client does not ensure: it would give up on messages that are already stored, and send them again, as long
 * as a replica is slow.
 */
export const publisherRequestMs = 5_000;

/** How long a producer may take to disconnect: its broker may be silent. */
const disconnectMs = 500;
const disconnectTimeout = (): Error => new Error('The producer did not disconnect in time.');

interface Connecting {
  readonly producer: Promise<Producer>;
  readonly places: Places;
  /** Aborts, with the error, when a broker did not answer a request. */
  readonly silence: AbortSignal;
  readonly client: Producer;
}

/** Thrown when the partitions of some messages have no leader, and all other messages are in all replicas. */
export class LeaderMissingError extends Error {
  override readonly name = 'LeaderMissingError';
  /** As of the client's errors. */
  readonly type = 'LEADER_NOT_AVAILABLE';

  constructor(
    readonly unsent: readonly Outgoing[],
    options: ErrorOptions,
  ) {
    super('There is no leader for this topic-partition.', options);
  }
}

export interface SendOptions {
  /**
   * Leaves messages to partitions that had no leader a moment ago, instead of asking for the leaders again, which takes as long as
   * the client's retries. Another call has to ask.
   */
  readonly skipLeaderless?: boolean;
}

/** A message and how the client gets it. */
interface Sending {
  readonly outgoing: Outgoing;
  readonly message: Message;
}

/**
 * Sends messages. Connects at first use, and again after a failure other than a missing leader. Not an idempotent producer: that of kafkajs is
 * unusable once a broker has seen a message out of sequence (kafkajs#598), and consumers recognise a message by its id.
 */
export class Publisher {
  private producer: Connecting | undefined;

  constructor(
    /** Its requests have `publisherRequestMs`. */
    private readonly kafka: Kafka,
    /** `gzip` for batches of similar messages, or messages up to the size limit of a broker. */
    private readonly compression: 'none' | 'gzip' = 'none',
    /** How often the client retries a temporarily refused request before reporting it; by default as `kafka`. */
    private readonly retries?: number,
  ) {}

  /**
   * Resolves when every message is in all replicas. When it rejects, some may be in, so a retry may send them twice.
   * @throws LeaderMissingError when partitions of some messages have no leader: the others are in all replicas
   */
  async send(messages: readonly Outgoing[], options: SendOptions = {}): Promise<void> {
    if (messages.length === 0) return;
    const connecting = (this.producer ??= this.connect());
    try {
      const producer = await connecting.producer;
      await withSignal(this.sendOn(producer, connecting.places, messages, options), connecting.silence);
    } catch (error) {
      // Others may be sending on it, to partitions that have a leader.
      if (isLeaderMissing(error)) throw error;
      if (this.producer === connecting) this.producer = undefined;
      await disconnect(connecting);
      throw error;
    }
  }

  async close(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    if (producer) await disconnect(producer);
  }

  private async sendOn(
    producer: Producer,
    places: Places,
    messages: readonly Outgoing[],
    { skipLeaderless = false }: SendOptions,
  ): Promise<void> {
    const unsent: Outgoing[] = [];
    let cause: unknown;
    /** Topics, or their partitions, of messages that are left: later ones must not overtake them. */
    const blocked = new Set<string>();
    const waits = ({ outgoing: { topic }, message }: Sending): boolean =>
      blocked.has(topic) ||
      blocked.has(places.nameOf(topic, message) ?? topic) ||
      (skipLeaderless && places.isLeaderless(topic, message));
    for (const part of requests(messages)) {
      const batch = part.map((outgoing) => ({ outgoing, message: messageOf(outgoing) }));
      const left = new Set(batch.filter((item) => waits(item)));
      const tried = batch.filter((item) => !left.has(item));
      const { leaderless, failure } = await this.sendLed(producer, places, tried);
      cause ??= failure;
      for (const item of leaderless) left.add(item);
      for (const { outgoing, message } of left)
        blocked.add(places.nameOf(outgoing.topic, message) ?? outgoing.topic);
      unsent.push(...batch.filter((item) => left.has(item)).map(({ outgoing }) => outgoing));
    }
    if (unsent.length > 0) throw new LeaderMissingError(unsent, { cause });
  }

  /**
   * Sends what has a leader, and what is not confirmed again: when a partition moves to a broker that has confirmed others of the
   * batch, the client takes that for the confirmation of all.
   * @returns those without a leader
   */
  private async sendLed(
    producer: Producer,
    places: Places,
    batch: readonly Sending[],
  ): Promise<{ leaderless: ReadonlySet<Sending>; failure: unknown }> {
    const compression = this.compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None;
    const request = { acks: -1, timeout: replicasMs, compression };
    const leaderless = new Set<Sending>();
    let failure: unknown;
    let left = batch;
    while (left.length > 0) {
      try {
        const confirmed = await producer.sendBatch({ ...request, topicMessages: byTopic(left) });
        const next = left.filter((item) => !isConfirmed(item, places, confirmed));
        if (next.length === left.length) throw new Error('Kafka has confirmed none of the messages.');
        left = next;
      } catch (error) {
        if (!isLeaderMissing(error)) throw error;
        failure = error;
        const led = left.filter(({ message }) => places.hasLeader(message));
        // When the client does not know which leader is missing, it may be that of any.
        const known = led.length < left.length;
        for (const item of left) if (!known || !places.hasLeader(item.message)) leaderless.add(item);
        left = known ? led : [];
      }
    }
    return { leaderless, failure };
  }

  private connect(): Connecting {
    const { retries } = this;
    const places = new Places();
    const producer = this.kafka.producer({
      ...(retries !== undefined && { retry: { retries, initialRetryTime: 100 } }),
      allowAutoTopicCreation: false,
      createPartitioner: () => places.choose,
    });
    const silence = new AbortController();
    // The client would retry on the same connection, which may be dead.
    producer.on(producer.events.REQUEST_TIMEOUT, ({ payload }) =>
      silence.abort(new KafkaJSRequestTimeoutError(`no answer to ${payload.apiName} of ${payload.broker}`)),
    );
    const connected = producer.connect().then(() => producer);
    return {
      producer: withSignal(connected, silence.signal),
      places,
      silence: silence.signal,
      client: producer,
    };
  }
}

/** Sends messages; called again after a failure, only those that a missing leader has left. */
export function sendingLeft(
  publisher: Pick<Publisher, 'send'>,
  messages: readonly Outgoing[],
): () => Promise<void> {
  let left = messages;
  return async () => {
    try {
      await publisher.send(left);
    } catch (error) {
      if (error instanceof LeaderMissingError) left = error.unsent;
      throw error;
    }
  };
}

async function disconnect({ client }: Connecting): Promise<void> {
  await withTimeout(client.disconnect(), disconnectMs, disconnectTimeout).catch(() => undefined);
}

/** The messages in order, split into what one request may hold. */
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

function messageOf({ key, value, headers, partition }: Outgoing): Message {
  return { key, value, ...(headers && { headers }), ...(partition !== undefined && { partition }) };
}

function byTopic(batch: readonly Sending[]): { topic: string; messages: Message[] }[] {
  const topics = Map.groupBy(batch, ({ outgoing }) => outgoing.topic);
  return [...topics].map(([topic, items]) => ({ topic, messages: items.map(({ message }) => message) }));
}

function isConfirmed(
  { outgoing: { topic }, message }: Sending,
  places: Places,
  confirmed: readonly RecordMetadata[],
): boolean {
  const partition = places.partitionOf(message);
  return confirmed.some((one) => one.topicName === topic && one.partition === partition);
}
