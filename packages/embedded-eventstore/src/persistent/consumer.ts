import { randomUUID } from 'node:crypto';
import type { ResolvedEvent } from '../store/records.ts';
import type { ConnectionInfo } from '../wire/persistent-responses.ts';
import type { Message } from './messages.ts';
import { Latencies, Rate } from './statistics.ts';

export interface ConsumerOptions {
  /** Maximum number of unacknowledged messages. */
  readonly bufferSize: number;
  readonly from: string;
  readonly username: string;
  readonly connectionName: string;
  readonly send: (event: ResolvedEvent, retryCount: number) => void;
  /** Ends the call: the group was deleted or changed. */
  readonly drop: () => void;
}

interface Delivery {
  readonly message: Message;
  readonly sentAt: number;
  /** In `performance.now()` milliseconds. */
  readonly deadline: number;
}

/** One connected consumer of a group, with its unacknowledged messages. */
export class Consumer {
  readonly id = randomUUID();
  /** By the hexadecimal id that acknowledgements carry. */
  private readonly deliveries = new Map<string, Delivery>();
  private readonly rate = new Rate();
  private readonly latencies = new Latencies();

  constructor(readonly options: ConsumerOptions) {}

  get availableSlots(): number {
    return Math.max(0, this.options.bufferSize - this.inFlight);
  }

  /** Number of unacknowledged messages. */
  get inFlight(): number {
    return this.deliveries.size;
  }

  has(message: Message): boolean {
    return this.deliveries.has(message.id);
  }

  push(message: Message, deadline: number): void {
    this.deliveries.set(message.id, { message, deadline, sentAt: performance.now() });
    this.rate.add();
    this.options.send(message.event, message.retryCount);
  }

  /** Removes a message: it was acknowledged, or it is delivered again. Undefined when there is no such message. */
  release(id: string): Message | undefined {
    const delivery = this.deliveries.get(id);
    if (!delivery) return undefined;
    this.deliveries.delete(id);
    this.latencies.add(performance.now() - delivery.sentAt);
    return delivery.message;
  }

  /** Removes the messages whose deadline has passed. */
  releaseExpired(now: number): Message[] {
    const expired = [...this.deliveries.values()].filter(({ deadline }) => deadline < now);
    return expired.flatMap(({ message }) => this.release(message.id) ?? []);
  }

  /** Removes all messages. */
  releaseAll(): Message[] {
    const messages = [...this.deliveries.values()].map(({ message }) => message);
    this.deliveries.clear();
    return messages;
  }

  info(extraStatistics: boolean): ConnectionInfo {
    const { from, username, connectionName } = this.options;
    return {
      from,
      username,
      connectionName,
      averageItemsPerSecond: this.rate.perSecond,
      totalItems: this.rate.total,
      countSinceLastMeasurement: this.rate.sinceLast(),
      availableSlots: this.availableSlots,
      inFlightMessages: this.inFlight,
      measurements: extraStatistics ? this.latencies.measurements() : [],
    };
  }
}
