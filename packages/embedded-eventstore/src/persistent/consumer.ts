import { randomUUID } from 'node:crypto';
import type { ResolvedEvent } from '../store/records.ts';
import type { ConnectionInfo } from '../wire/persistent-responses.ts';
import type { Message } from './messages.ts';
import { Latencies, Rate } from './statistics.ts';

export interface ConsumerOptions {
  /** Messages it takes before it acknowledges one. */
  readonly bufferSize: number;
  readonly from: string;
  readonly username: string;
  readonly connectionName: string;
  readonly send: (event: ResolvedEvent, retryCount: number) => void;
  /** Ends the call: the group was deleted or changed, or the consumer's rights are gone. */
  readonly drop: (reason: 'dropped' | 'denied') => void;
  readonly allowed: () => boolean;
}

/** One connected consumer of a group, with the messages it has not acknowledged. */
export class Consumer {
  readonly id = randomUUID();
  /** By the hexadecimal id that acknowledgements carry. */
  readonly inFlight = new Map<string, Message>();
  private readonly rate = new Rate();
  private readonly latencies = new Latencies();

  constructor(readonly options: ConsumerOptions) {}

  get availableSlots(): number {
    return Math.max(0, this.options.bufferSize - this.inFlight.size);
  }

  push(message: Message, deadline: number): void {
    message.deadline = deadline;
    message.sentAt = performance.now();
    this.inFlight.set(message.id, message);
    this.rate.add();
    this.options.send(message.event, message.retryCount);
  }

  /** Takes the message back: it was acknowledged, or it goes elsewhere. Undefined when it has no such message. */
  release(id: string): Message | undefined {
    const message = this.inFlight.get(id);
    if (!message) return undefined;
    this.inFlight.delete(id);
    this.latencies.add(performance.now() - message.sentAt);
    return message;
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
      inFlightMessages: this.inFlight.size,
      measurements: extraStatistics ? this.latencies.measurements() : [],
    };
  }
}
