import { isStreamDeleted } from '../rpc/errors.ts';
import type { EventRecord } from '../store/records.ts';
import { ALL_STREAM } from '../store/stream-names.ts';
import type { Store } from '../store/store.ts';
import type { Follower } from '../subscriptions/feed.ts';
import { compileFilter } from '../subscriptions/filter.ts';
import { AllSource, StreamSource, type Item, type Page, type Source } from '../subscriptions/sources.ts';
import type { NackAction } from '../wire/persistent-requests.ts';
import type { ConnectionInfo } from '../wire/persistent-responses.ts';
import { Checkpoints } from './checkpoints.ts';
import type { Consumer } from './consumer.ts';
import { bytesOf, newMessage, Progress, resolve, type Message } from './messages.ts';
import { Parking } from './parking.ts';
import { isGroupStream, parkedStream, type GroupConfig } from './settings.ts';
import { Rate } from './statistics.ts';
import { consumerSelector, type ConsumerSelector } from './strategies.ts';

/** Pages to read before yielding to the event loop. */
const PAGES_AT_ONCE = 20;
/** Events to read at once, even for a group with a larger read batch size. */
const MAX_PAGE = 64;
/** Parked messages to read at once for a replay. */
const REPLAY_PAGE = 20;
/** A buffer with more bytes is full, whatever the settings of the group are. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** For GetInfo. */
interface GroupStatistics {
  readonly live: boolean;
  /** Messages that wait for a consumer. */
  readonly buffered: number;
  readonly retries: number;
  readonly outstanding: number;
  readonly lastCheckpoint: number;
  /** The last event that was read; undefined before the first. */
  readonly lastKnown: number | undefined;
  readonly parked: number;
  readonly totalItems: number;
  readonly averagePerSecond: number;
  readonly countSinceLastMeasurement: number;
  readonly connections: readonly ConnectionInfo[];
}

/** A persistent subscription: delivers events to its consumers and checkpoints their progress. */
export class Group implements Follower {
  readonly stream: string | undefined;
  private readonly consumers: Consumer[] = [];
  private readonly parking: Parking;
  private readonly rate = new Rate();
  /** Messages that wait for a consumer, in order. */
  private buffer: Message[] = [];
  private bufferedBytes = 0;
  /** Messages to deliver again, before those of the buffer. */
  private retries: Message[] = [];
  private live = false;
  private closed = false;
  private readonly source: Source;
  private readonly progress: Progress;
  private readonly checkpoints: Checkpoints;
  private readonly selector: ConsumerSelector;

  constructor(
    private readonly store: Store,
    readonly config: GroupConfig,
  ) {
    this.stream = config.stream === ALL_STREAM ? undefined : config.stream;
    this.checkpoints = new Checkpoints(store, config);
    const after = this.checkpoints.last ?? config.startAfter;
    this.progress = new Progress(after);
    this.source = this.stream
      ? new StreamSource(store, this.stream, after)
      : new AllSource(store, after, config.filter && compileFilter(config.filter));
    this.parking = new Parking(store, parkedStream(config));
    this.selector = consumerSelector(config.strategy);
    this.fill();
  }

  /** True when the group has its maximum number of consumers. */
  get isFull(): boolean {
    const { maxSubscriberCount } = this.config;
    return maxSubscriberCount > 0 && this.consumers.length >= maxSubscriberCount;
  }

  add(consumer: Consumer): void {
    this.consumers.push(consumer);
    setImmediate(() => this.pump());
  }

  /** Removes a consumer; the others get its unacknowledged messages. */
  remove(consumer: Consumer): void {
    const index = this.consumers.indexOf(consumer);
    if (index < 0) return;
    this.consumers.splice(index, 1);
    this.retries.push(...consumer.releaseAll());
    this.retries.sort((a, b) => (a.sequence ?? -1) - (b.sequence ?? -1));
    this.pump();
  }

  deliver(event: EventRecord): void {
    if (!this.live || this.closed) return;
    if (
      this.buffer.length >= Math.max(1, this.config.liveBufferSize) ||
      this.bufferedBytes >= MAX_BUFFERED_BYTES
    ) {
      this.live = false;
      return;
    }
    this.enqueue(this.source.take(event));
    this.pump();
  }

  ack(consumer: Consumer, ids: readonly string[]): void {
    for (const id of ids) {
      const message = consumer.release(id);
      if (message) this.finish(message);
    }
    this.checkpoints.writeIfDue(this.progress.done, false);
    this.pump();
  }

  nack(consumer: Consumer, ids: readonly string[], action: NackAction, reason: string): void {
    for (const id of ids) {
      const message = consumer.release(id);
      if (!message) continue;
      if (action === 'park') this.park(message, `Client explicitly NAK'ed message.\n${reason}`);
      else if (action === 'retry') this.retry(message);
      else this.finish(message);
    }
    this.checkpoints.writeIfDue(this.progress.done, false);
    this.pump();
  }

  replayParked(stopAt: number): void {
    this.parking.replay(stopAt);
    this.pump();
  }

  /** Called several times a second: retries expired messages, writes due checkpoints. */
  tick(now: number): void {
    const ready = this.consumers.filter(({ availableSlots }) => availableSlots > 0);
    for (const consumer of this.consumers) {
      for (const message of consumer.releaseExpired(now)) this.retry(message);
      if (ready.some((other) => other !== consumer)) this.retries.push(...consumer.releaseUnsent(now));
    }
    this.checkpoints.writeIfDue(this.progress.done, true);
    this.parking.truncate();
    this.pump();
  }

  /** Called when a consumer that was behind has read. */
  resume(): void {
    this.pump();
  }

  /** Closes the group in memory and drops its consumers. */
  close(): void {
    this.closed = true;
    this.checkpoints.writeFinal(this.progress.done);
    for (const { options } of this.consumers.slice()) options.drop();
  }

  /** Reads until the buffer is full, or to the end of the source. False when nothing was added to the buffer. */
  private fill(): boolean {
    const { readBatchSize, historyBufferSize } = this.config;
    const before = this.buffer.length;
    for (let pages = 0; !this.live && !this.closed; pages++) {
      if (this.buffer.length + readBatchSize > historyBufferSize || this.bufferedBytes >= MAX_BUFFERED_BYTES)
        break;
      if (pages === PAGES_AT_ONCE) {
        setImmediate(() => this.pump());
        return false;
      }
      const page = this.readPage(Math.min(readBatchSize, MAX_PAGE));
      if (!page) break;
      this.enqueue(page.items);
      this.live = page.end;
    }
    return this.buffer.length > before;
  }

  /** Undefined when it cannot be read now: the next tick reads it again. */
  private readPage(limit: number): Page | undefined {
    try {
      return this.source.page(limit);
    } catch (error) {
      return isStreamDeleted(error) ? { items: [], end: true } : undefined;
    }
  }

  private enqueue(items: readonly Item[]): void {
    for (const item of items) {
      if (!('event' in item) || (this.stream === undefined && isGroupStream(item.event.stream))) continue;
      const event = this.config.resolveLinks ? resolve(this.store, item.event) : { event: item.event };
      const sequence = this.stream === undefined ? item.event.pos : item.event.rev;
      this.progress.started(sequence);
      const message = newMessage(event, { sequence });
      this.buffer.push(message);
      this.bufferedBytes += bytesOf(message);
    }
  }

  private pump(): void {
    if (this.closed) return;
    this.pushRetries();
    do {
      this.pushBuffer();
    } while (!this.live && this.fill() && this.hasSlots());
  }

  private pushBuffer(): void {
    const before = this.buffer.length;
    if (before > 0) this.buffer = this.push(this.buffer);
    if (this.buffer.length < before)
      this.bufferedBytes = this.buffer.reduce((sum, message) => sum + bytesOf(message), 0);
  }

  /** Delivers messages again, and parked ones that are replayed, a page at a time. */
  private pushRetries(): void {
    for (;;) {
      if (this.retries.length > 0) this.retries = this.push(this.retries);
      const page = this.retries.length < REPLAY_PAGE ? this.parking.next(REPLAY_PAGE) : [];
      if (page.length === 0) return;
      this.retries.push(...page);
    }
  }

  /** Delivers messages while consumers have room; returns the others. */
  private push(messages: Message[]): Message[] {
    if (!this.hasSlots()) return messages;
    const { messageTimeoutMs } = this.config;
    const timeoutMs = messageTimeoutMs > 0 ? messageTimeoutMs : Number.POSITIVE_INFINITY;
    const rest: Message[] = [];
    for (const [index, message] of messages.entries()) {
      const consumer = this.selector.select(message, this.consumers);
      if (consumer && !consumer.has(message)) consumer.push(message, timeoutMs);
      else if (!consumer && this.selector.inOrder) return [...rest, ...messages.slice(index)];
      else rest.push(message);
    }
    return rest;
  }

  private hasSlots(): boolean {
    return this.consumers.some(({ availableSlots }) => availableSlots > 0);
  }

  private retry(message: Message): void {
    if (message.retryCount >= this.config.maxRetryCount) {
      this.park(message, `Reached retry count of ${this.config.maxRetryCount}`);
      return;
    }
    this.retries.push({ ...message, retryCount: message.retryCount + 1 });
  }

  private park(message: Message, reason: string): void {
    this.parking.park(message, reason, (error) => {
      if (error) this.retries.push(message);
      else this.finish(message);
    });
  }

  private finish(message: Message): void {
    this.rate.add();
    if (message.parkedAt !== undefined) this.parking.finished(message.parkedAt);
    if (message.sequence === undefined) return;
    this.progress.finished(message.sequence);
    this.checkpoints.countFinished();
  }

  statistics(): GroupStatistics {
    return {
      live: this.live,
      buffered: this.buffer.length,
      retries: this.retries.length,
      outstanding: this.consumers.reduce((sum, { inFlight }) => sum + inFlight, 0),
      lastCheckpoint: this.checkpoints.last ?? -1,
      lastKnown: this.progress.lastStarted,
      parked: this.parking.count,
      totalItems: this.rate.total,
      averagePerSecond: this.rate.perSecond,
      countSinceLastMeasurement: this.rate.sinceLast(),
      connections: this.consumers.map((consumer) => consumer.info(this.config.extraStatistics)),
    };
  }
}
