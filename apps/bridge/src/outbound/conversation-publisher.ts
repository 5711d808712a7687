import type { Outgoing } from '#messaging';
import { conversationTopic, writeCloudEvent } from '#messaging';
import type { Lease, PartitionWork } from '#partitions';
import type { Batch, Logger } from '#platform';
import { BatchWriter, retry, sleep } from '#platform';
import { LeaseLostError } from '#read-models';
import type { Delivery } from '#sessions';
import { PositionBeyondEndError } from '#sessions';
import type { BridgeMetrics } from '../common/metrics.ts';
import type { Subscribe } from '../common/session-events.ts';
import { publicEvent } from './public-event.ts';

interface PublisherPorts {
  readonly subscribe: Subscribe;
  readonly send: (messages: readonly Outgoing[]) => Promise<void>;
  /** Stores the position up to which the partition is published; false when another instance owns it. */
  readonly savePosition: (position: bigint) => Promise<boolean>;
  /** Where to go on in an event store that was restored to a state before the position. */
  readonly positionAfterRestore: () => Promise<bigint>;
  /** How much may wait for Kafka, in bytes. */
  readonly queueBytes: number;
  readonly metrics: Pick<BridgeMetrics, 'published' | 'restarted' | 'skipped'>;
  readonly logger: Logger;
}

interface Item {
  readonly message: Outgoing;
  readonly position: bigint;
}

/** Events that wait for Kafka before the subscription is paused. */
const capacity = 2_000;
/** Least time between the starts of two batches, and between two positions without messages (ms). */
const intervalMs = 100;
const passIntervalMs = 1_000;
/** How long to wait before a partition whose publisher failed is claimed again, in milliseconds. */
const reclaimMs = 1_000;

/**
 * Publishes the events of a partition in their order: first the messages, then the position. After an interruption some
 * come again, with the same ids.
 */
export class ConversationPublisher implements PartitionWork {
  private readonly stopping = new AbortController();
  private readonly writer: BatchWriter<Item>;
  private readonly running: Promise<void>;
  private sent: Batch<Item> | undefined;

  constructor(
    private readonly ports: PublisherPorts,
    readonly lease: Lease,
    /** Called when the publisher failed. */
    ended: () => void,
  ) {
    const { metrics, logger, queueBytes } = ports;
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
      this.stopping.signal,
    );
    this.running = this.run(ended);
  }

  /** Events that wait to be published. */
  get backlog(): number {
    return this.writer.waiting;
  }

  /** How much memory they take, roughly. */
  get backlogBytes(): number {
    return this.writer.waitingBytes;
  }

  /** Resolves after the batch under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Reads and publishes; when one of them ends, so does the other. */
  private async run(ended: () => void): Promise<void> {
    const end = (): void => this.stopping.abort();
    const halves = [this.read().finally(end), this.writer.run().finally(end)];
    for (const half of await Promise.allSettled(halves)) {
      if (half.status === 'fulfilled') continue;
      const err: unknown = half.reason;
      if (err instanceof PositionBeyondEndError) await this.goBack();
      this.ports.logger.error({ err, partition: this.lease.partition }, 'publisher ended');
    }
    void sleep(reclaimMs).then(ended);
  }

  /** The event store was restored to an earlier state: what is new in it is published. */
  private async goBack(): Promise<void> {
    this.ports.metrics.restarted.inc({ reader: 'publisher' });
    const onRetry = (err: unknown): void =>
      this.ports.logger.warn({ err, partition: this.lease.partition }, 'position not saved');
    const goBack = async (): Promise<boolean> =>
      this.ports.savePosition(await this.ports.positionAfterRestore());
    await retry(goBack, { attempts: 3, onRetry }).catch(() => undefined);
  }

  private async read(): Promise<void> {
    const { subscribe, logger } = this.ports;
    const { prefixes, position, partition } = this.lease;
    const onInterruption = (err: unknown): void =>
      logger.warn({ err, partition }, 'subscription interrupted');
    const { signal } = this.stopping;
    for await (const delivery of subscribe({
      prefixes,
      after: position ?? 'start',
      signal,
      onInterruption,
    })) {
      if (!('position' in delivery)) continue;
      const message = this.messageOf(delivery);
      if (message) await this.writer.push({ message, position: delivery.position });
      else this.writer.pass(delivery.position);
    }
  }

  /** An event that cannot be read or published is skipped: the partition's others are not delayed. */
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

  /** When only the position could not be saved, the messages are not sent again. */
  private async publish(batch: Batch<Item>): Promise<void> {
    const { items, position } = batch;
    if (items.length > 0 && batch !== this.sent) await this.ports.send(items.map(({ message }) => message));
    this.sent = batch;
    if (!(await this.ports.savePosition(position))) throw new LeaseLostError(this.lease.partition);
  }
}
