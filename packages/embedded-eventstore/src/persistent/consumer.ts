import { randomUUID } from 'node:crypto';
import type { ResolvedEvent } from '../store/records.ts';
import type { ConnectionInfo } from '../wire/persistent-responses.ts';
import { bytesOf, type Message } from './messages.ts';
import { Latencies, Rate } from './statistics.ts';

/** The limits of the unacknowledged messages of a consumer, whatever it asks for. */
const MAX_IN_FLIGHT = 10_000;
const MAX_IN_FLIGHT_BYTES = 16 * 1024 * 1024;

export interface ConsumerOptions {
  /** Maximum number of unacknowledged messages. */
  readonly bufferSize: number;
  /** Whether the client reads too slowly to get more now. */
  readonly isBehind: () => boolean;
  readonly from: string;
  readonly username: string;
  readonly connectionName: string;
  /** `onSent` is called when the message is on its way to the client. */
  readonly send: (event: ResolvedEvent, retryCount: number, onSent: () => void) => void;
  /** Ends the call: the group was deleted or changed. */
  readonly drop: () => void;
}

interface Delivery {
  readonly message: Message;
  readonly pushedAt: number;
  /** In `performance.now()` milliseconds. */
  deadline: number;
  /** Whether it has left the send buffer; its deadline counts from then. */
  isSent: boolean;
}

/** One connected consumer of a group, with its unacknowledged messages. */
export class Consumer {
  readonly id = randomUUID();
  /** By the hexadecimal id that acknowledgements carry. */
  private readonly deliveries = new Map<string, Delivery>();
  private bytes = 0;
  /** Sent to another consumer, too, as they were still in the send buffer at their deadline. */
  private readonly overdue = new Set<Delivery>();
  private readonly rate = new Rate();
  private readonly latencies = new Latencies();

  constructor(readonly options: ConsumerOptions) {}

  get availableSlots(): number {
    const { bufferSize, isBehind } = this.options;
    if (this.overdue.size > 0 || this.bytes >= MAX_IN_FLIGHT_BYTES || isBehind()) return 0;
    return Math.max(0, Math.min(bufferSize, MAX_IN_FLIGHT) - this.inFlight);
  }

  /** Number of unacknowledged messages. */
  get inFlight(): number {
    return this.deliveries.size;
  }

  has(message: Message): boolean {
    return this.deliveries.has(message.id);
  }

  /** @param timeoutMs how long the client may take once the message is sent */
  push(message: Message, timeoutMs: number): void {
    const pushedAt = performance.now();
    const delivery: Delivery = { message, pushedAt, deadline: pushedAt + timeoutMs, isSent: false };
    this.deliveries.set(message.id, delivery);
    this.bytes += bytesOf(message);
    this.rate.add();
    this.options.send(message.event, message.retryCount, () => {
      delivery.isSent = true;
      delivery.deadline = performance.now() + timeoutMs;
      this.overdue.delete(delivery);
    });
  }

  /** Removes a message: it was acknowledged, or it is delivered again. Undefined when there is no such message. */
  release(id: string): Message | undefined {
    const delivery = this.deliveries.get(id);
    if (!delivery) return undefined;
    this.deliveries.delete(id);
    this.bytes -= bytesOf(delivery.message);
    this.latencies.add(performance.now() - delivery.pushedAt);
    return delivery.message;
  }

  /** Removes the messages that were sent, and not acknowledged in time. */
  releaseExpired(now: number): Message[] {
    return this.expired(now, true).flatMap(({ message }) => this.release(message.id) ?? []);
  }

  /** Removes the messages that the client has not read in time, for another consumer. It gets no others until it reads them. */
  releaseUnsent(now: number): Message[] {
    return this.expired(now, false).flatMap((delivery) => {
      this.overdue.add(delivery);
      return this.release(delivery.message.id) ?? [];
    });
  }

  /** Removes all messages. */
  releaseAll(): Message[] {
    const messages = [...this.deliveries.values()].map(({ message }) => message);
    this.deliveries.clear();
    this.bytes = 0;
    return messages;
  }

  private expired(now: number, isSent: boolean): Delivery[] {
    return [...this.deliveries.values()].filter((one) => one.isSent === isSent && one.deadline < now);
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
