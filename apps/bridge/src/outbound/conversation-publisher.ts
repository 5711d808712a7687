import type { Outgoing } from '#messaging';
import { conversationTopic, writeCloudEvent } from '#messaging';
import type { Lease, WriterState } from '#partitions';
import type { Logger } from '#platform';
import { retry, sleep } from '#platform';
import { LeaseLostError } from '#read-models';
import type { Delivery } from '#sessions';
import type { BridgeMetrics } from '../common/metrics.ts';
import type { KafkaFlows } from './kafka-flows.ts';
import { publicEvent } from './public-event.ts';
import type { Waiting } from './waiting-messages.ts';
import { WaitingMessages } from './waiting-messages.ts';

interface PublisherPorts {
  readonly flows: Pick<KafkaFlows, 'ready' | 'count' | 'flowOf' | 'send'>;
  /** Stores the position up to which the partition is published; false when another instance owns it. */
  readonly savePosition: (position: bigint) => Promise<boolean>;
  /** The position to continue from after the event store was restored to an earlier state. */
  readonly positionAfterRestore: () => Promise<bigint>;
  /** Maximum bytes waiting for Kafka. */
  readonly queueBytes: number;
  readonly metrics: Pick<BridgeMetrics, 'skipped'>;
  readonly logger: Logger;
}

/** Minimum time between two saved positions, and between two of them without messages (ms). */
const intervalMs = 100;
const passIntervalMs = 1_000;
const backOff = { maxMs: 1_000 };

/**
 * Publishes the events of a partition, those of a session in order: first the messages, then the position. After an
 * interruption some messages are repeated with the same ids. A Kafka partition that accepts no messages delays only its own: messages
 * that do not fit into memory are read again once it accepts them.
 */
export class ConversationPublisher {
  readonly name = 'publisher';
  private waiting: WaitingMessages | undefined;
  private published: bigint | null;
  /** The position up to which events were received. */
  private passed: bigint | null;
  private reading = new AbortController();
  /** Aborted when no more messages may be sent. */
  private readonly ending = new AbortController();
  private notify: (() => void) | undefined;
  /** Messages in requests that are in progress. */
  private underWay = 0;
  /** Whether the subscription has reached the end of the store. */
  private caughtUp = false;
  /** Why flows do not send, and the position is not saved. */
  private readonly failures = new Map<number | 'position', unknown>();

  constructor(
    private readonly ports: PublisherPorts,
    private readonly lease: Lease,
    private readonly signal: AbortSignal,
  ) {
    this.published = lease.position;
    this.passed = lease.position;
    signal.addEventListener('abort', () => this.ending.abort());
  }

  /** How many messages wait to be published. */
  get backlog(): number {
    return this.waiting?.count ?? 0;
  }

  /** Approximate memory of these messages, in bytes. */
  get backlogBytes(): number {
    return this.waiting?.bytes ?? 0;
  }

  /** The saved position, and whether anything after it is unpublished or not yet received. */
  get state(): WriterState {
    const isBehind = !this.caughtUp || this.waiting?.before !== undefined || this.isNew(this.checkpoint);
    return { position: this.published, isBehind, failure: [...this.failures.values()].at(-1) };
  }

  /** Aborted when events have to be read again, from the position that `load` returns. */
  get readAgain(): AbortSignal {
    return this.reading.signal;
  }

  /** The position to read from; null: the start. Rejects while Kafka does not answer. */
  async load(): Promise<bigint | null> {
    const { flows, queueBytes } = this.ports;
    await flows.ready();
    this.waiting ??= new WaitingMessages(flows.count, queueBytes);
    this.passed = this.checkpoint;
    this.waiting.takeAgain();
    this.caughtUp = false;
    this.reading = new AbortController();
    return this.passed;
  }

  /** Receives a delivery of the subscription. */
  async receive(delivery: Delivery): Promise<void> {
    if (delivery.kind === 'caught_up') this.caughtUp = true;
    if (delivery.kind === 'fell_behind') this.caughtUp = false;
    if (!('position' in delivery)) return;
    const { position } = delivery;
    const message = this.messageOf(delivery);
    if (message) await this.publish(message, position);
    this.passed = position;
  }

  /** Saves the position for the next owner of the partition, so that little is repeated. To be called after `run`. */
  async finish(): Promise<void> {
    const { checkpoint } = this;
    if (this.isNew(checkpoint)) await this.ports.savePosition(checkpoint);
  }

  /** Saves positions until the signal aborts, then waits for the requests in progress. @throws LeaseLostError */
  async run(): Promise<void> {
    try {
      while (!this.signal.aborted) {
        await this.untilProgress();
        const { checkpoint } = this;
        if (!this.isNew(checkpoint)) continue;
        await this.save(checkpoint);
        await sleep(intervalMs, this.signal);
      }
    } finally {
      this.ending.abort();
      await this.untilSettled();
    }
  }

  /** Goes back to the first new event after the event store was restored. */
  async goBack(): Promise<void> {
    this.passed = null;
    const position = await this.ports.positionAfterRestore();
    if (this.published !== null && this.published > position) await this.ports.savePosition(position);
  }

  /** The position up to which everything is published. */
  private get checkpoint(): bigint | null {
    const { passed } = this;
    const before = this.waiting?.before;
    if (before === undefined || passed === null) return passed;
    return before === null || before < passed ? before : passed;
  }

  private isNew(checkpoint: bigint | null): checkpoint is bigint {
    return checkpoint !== null && (this.published === null || checkpoint > this.published);
  }

  private async save(checkpoint: bigint): Promise<void> {
    const { logger, savePosition } = this.ports;
    const { signal } = this;
    const onRetry = (err: unknown, attempt: number): void => {
      this.failures.set('position', err);
      if (attempt === 1) logger.warn({ err, partition: this.lease.partition }, 'position not saved yet');
    };
    const isOurs = await retry(() => savePosition(checkpoint), { ...backOff, signal, onRetry });
    if (isOurs === false) throw new LeaseLostError(this.lease.partition);
    if (isOurs === undefined) return;
    this.published = checkpoint;
    this.failures.delete('position');
  }

  private async untilSettled(): Promise<void> {
    while (this.underWay > 0) {
      await new Promise<void>((resolve) => {
        this.notify = resolve;
      });
    }
  }

  /** Resolves when a message was sent, or after a pause. */
  private async untilProgress(): Promise<void> {
    const progress = new AbortController();
    this.notify = () => {
      // Only once: each abort makes an error with a stack trace.
      this.notify = undefined;
      progress.abort();
    };
    await sleep(passIntervalMs, AbortSignal.any([progress.signal, this.signal]));
    this.notify = undefined;
  }

  /** Resolves when there is room for the next message. */
  private async publish(message: Outgoing, position: bigint): Promise<void> {
    const { waiting } = this;
    const { signal } = this.ending;
    const flow = this.ports.flows.flowOf(message);
    if (waiting === undefined || !waiting.takes(flow, position)) return;
    const item: Waiting = {
      message,
      position,
      previous: this.passed,
      since: performance.now(),
      signal,
      onBegin: () => void (this.underWay += 1),
      onEnd: (isSent, error) => {
        this.underWay -= 1;
        this.failures.delete(flow);
        if (!isSent) this.failures.set(flow, error);
        if (isSent && waiting.sent(flow) === 'to be read again') this.reading.abort();
        this.notify?.();
      },
    };
    waiting.add(flow, item);
    this.ports.flows.send(flow, item);
    if ((await waiting.untilRoom(flow, signal)) === 'room') return;
    const { partition } = this.lease;
    this.ports.logger.warn(
      { partition, kafka_partition: flow },
      'a Kafka partition takes no events: going on with the others',
    );
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
}
