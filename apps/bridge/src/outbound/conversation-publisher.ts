import type { Outgoing } from '#messaging';
import { conversationTopic, writeCloudEvent } from '#messaging';
import type { Lease } from '#partitions';
import type { Batch, Logger } from '#platform';
import { BatchWriter } from '#platform';
import { LeaseLostError } from '#read-models';
import type { Delivery } from '#sessions';
import type { BridgeMetrics } from '../common/metrics.ts';
import { publicEvent } from './public-event.ts';

interface PublisherPorts {
  readonly send: (messages: readonly Outgoing[]) => Promise<void>;
  /** Saves the position up to which the partition is published; false when another instance owns it. */
  readonly savePosition: (position: bigint) => Promise<boolean>;
  /** The position to continue from after the event store was restored to an earlier state. */
  readonly positionAfterRestore: () => Promise<bigint>;
  /** Maximum bytes waiting for Kafka. */
  readonly queueBytes: number;
  readonly metrics: Pick<BridgeMetrics, 'published' | 'skipped'>;
  readonly logger: Logger;
}

interface Item {
  readonly message: Outgoing;
  readonly position: bigint;
}

/** Events that wait for Kafka before the subscription is paused. */
const capacity = 2_000;
/** Minimum time between the starts of two batches, and between two saved positions without messages (ms). */
const intervalMs = 100;
const passIntervalMs = 1_000;

/**
 * Publishes the events of a partition in order: first the messages, then the position. After an interruption some are
 * repeated with the same ids.
 */
export class ConversationPublisher {
  readonly name = 'publisher';
  private readonly writer: BatchWriter<Item>;
  private sent: Batch<Item> | undefined;
  private published: bigint | null;
  /** The position up to which there is nothing else to publish. */
  private passed: bigint | undefined;

  constructor(
    private readonly ports: PublisherPorts,
    private readonly lease: Lease,
    signal: AbortSignal,
  ) {
    const { metrics, logger, queueBytes } = ports;
    this.published = lease.position;
    this.writer = new BatchWriter<Item>(
      {
        capacity,
        capacityBytes: queueBytes,
        sizeOf: ({ message }) => message.value?.length ?? 0,
        batchSize: capacity,
        intervalMs,
        passIntervalMs,
        backOff: { maxMs: 1_000 },
        write: (batch) => this.publish(batch),
        isTerminal: (error) => error instanceof LeaseLostError,
        onWritten: (count) => metrics.published.inc(count),
        onRetry: (err, attempt) => {
          if (attempt === 1) logger.warn({ err, partition: lease.partition }, 'events not published yet');
        },
      },
      signal,
    );
  }

  /** How many messages wait to be published. */
  get backlog(): number {
    return this.writer.waiting;
  }

  /** Approximate memory of these messages, in bytes. */
  get backlogBytes(): number {
    return this.writer.waitingBytes;
  }

  /** The position up to which the partition is published; null: nothing is. */
  async load(): Promise<bigint | null> {
    return this.published;
  }

  /** Receives a delivery of the subscription. */
  async receive(delivery: Delivery): Promise<void> {
    if (!('position' in delivery)) return;
    const message = this.messageOf(delivery);
    if (message) await this.writer.push({ message, position: delivery.position });
    else this.writer.pass(delivery.position);
    this.passed = delivery.position;
  }

  /** Saves the position for the next owner of the partition, so that nothing is repeated. To be called after `run`. */
  async finish(): Promise<void> {
    const { passed, published } = this;
    if (!this.writer.idle || passed === undefined || (published !== null && passed <= published)) return;
    await this.ports.savePosition(passed);
  }

  /** Publishes until the signal. @throws LeaseLostError */
  run(): Promise<void> {
    return this.writer.run();
  }

  /** Goes back to the first new event after the event store was restored. */
  async goBack(): Promise<void> {
    this.passed = undefined;
    const position = await this.ports.positionAfterRestore();
    if (this.published !== null && this.published > position) await this.ports.savePosition(position);
  }

  /** An event that cannot be read or published is skipped, so that others of the partition are not delayed. */
  private messageOf(delivery: Delivery): Outgoing | undefined {
    if (delivery.kind === 'unprojectable') return this.skip(delivery);
    if (delivery.kind !== 'event') return undefined;
    const { session_id, event } = delivery;
    try {
      const published = publicEvent(session_id, event);
      return published && { topic: conversationTopic, ...writeCloudEvent(published, session_id) };
    } catch (err) {
      const { type, revision } = event;
      return this.skip({ err, session_id, type, revision });
    }
  }

  private skip(event: object): undefined {
    this.ports.metrics.skipped.inc({ reader: 'publisher' });
    this.ports.logger.error(event, 'event skipped: it cannot be published');
  }

  /** If only the position could not be saved, the messages are not sent again. */
  private async publish(batch: Batch<Item>): Promise<void> {
    const { items, position } = batch;
    if (items.length > 0 && batch !== this.sent) await this.ports.send(items.map(({ message }) => message));
    this.sent = batch;
    if (!(await this.ports.savePosition(position))) throw new LeaseLostError(this.lease.partition);
    this.published = position;
  }
}
