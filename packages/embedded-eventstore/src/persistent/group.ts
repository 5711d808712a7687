import type { EventRecord, ResolvedEvent } from '../store/records.ts';
import { ALL_STREAM } from '../store/stream-names.ts';
import type { Store } from '../store/store.ts';
import type { Follower } from '../subscriptions/feed.ts';
import { compileFilter } from '../subscriptions/filter.ts';
import { AllSource, StreamSource, type Item, type Source } from '../subscriptions/sources.ts';
import type { NackAction } from '../wire/persistent-requests.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoints.ts';
import type { Consumer } from './consumer.ts';
import { newMessage, Progress, type Message } from './messages.ts';
import { Parking } from './parking.ts';
import { isGroupStream, parkedStream, type GroupConfig } from './settings.ts';
import { Rate } from './statistics.ts';
import { chooserOf, type Chooser } from './strategies.ts';

/** Pages read at a stretch before other work gets its turn. */
const PAGES_AT_ONCE = 20;

/** A persistent subscription: it hands out events to its consumers and remembers what they have done. */
export class Group implements Follower {
  readonly stream: string | undefined;
  readonly consumers: Consumer[] = [];
  readonly parking: Parking;
  readonly rate = new Rate();
  /** What was read and waits for a consumer, in order. */
  buffer: Message[] = [];
  /** What goes out again; it comes first. */
  retries: Message[] = [];
  live = false;
  lastCheckpoint: number;
  private checkpointedAt = performance.now();
  private finishedSinceCheckpoint = 0;
  private closed = false;
  private readonly source: Source;
  private readonly progress: Progress;
  private readonly chooser: Chooser;

  constructor(
    private readonly store: Store,
    readonly config: GroupConfig,
  ) {
    this.stream = config.stream === ALL_STREAM ? undefined : config.stream;
    const checkpoint = readCheckpoint(store, config);
    const after = checkpoint ?? config.startAfter;
    this.lastCheckpoint = checkpoint ?? -1;
    this.progress = new Progress(after);
    this.source = this.stream
      ? new StreamSource(store, this.stream, after)
      : new AllSource(store, after, config.filter && compileFilter(config.filter));
    this.parking = new Parking(store, parkedStream(config));
    this.chooser = chooserOf(config.strategy);
    this.fill();
  }

  /** The last event that was handed out or waits. */
  get lastKnown(): number {
    return this.progress.reached;
  }

  /** True when the group has as many consumers as it may have. */
  get isFull(): boolean {
    const { maxSubscriberCount } = this.config;
    return maxSubscriberCount > 0 && this.consumers.length >= maxSubscriberCount;
  }

  add(consumer: Consumer): void {
    this.consumers.push(consumer);
    setImmediate(() => this.pump());
  }

  /** What the consumer had not acknowledged goes to others. */
  remove(consumer: Consumer): void {
    const index = this.consumers.indexOf(consumer);
    if (index < 0) return;
    this.consumers.splice(index, 1);
    this.retries.push(...consumer.inFlight.values());
    consumer.inFlight.clear();
    this.retries.sort((a, b) => (a.sequence ?? -1) - (b.sequence ?? -1));
    this.pump();
  }

  deliver(event: EventRecord): void {
    if (!this.live || this.closed) return;
    if (this.buffer.length >= Math.max(1, this.config.liveBufferSize)) {
      this.live = false;
      return;
    }
    this.enqueue(this.source.take(event));
    this.pump();
  }

  recheck(): void {
    for (const { options } of this.consumers.slice()) if (!options.allowed()) options.drop('denied');
  }

  ack(consumer: Consumer, ids: readonly string[]): void {
    for (const id of ids) {
      const message = consumer.release(id);
      if (message) this.finish(message);
    }
    this.checkpointIfDue(false);
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
    this.checkpointIfDue(false);
    this.pump();
  }

  replayParked(stopAt: number): void {
    this.retries.push(...this.parking.replay(stopAt));
    this.pump();
  }

  /** Call several times a second: retries what took too long, writes what is due. */
  tick(now: number): void {
    for (const consumer of this.consumers) {
      for (const message of consumer.inFlight.values()) {
        if (message.deadline < now && consumer.release(message.id)) this.retry(message);
      }
    }
    this.checkpointIfDue(true);
    this.parking.truncate();
    this.pump();
  }

  /** Ends the group in memory; its consumers are told. */
  close(): void {
    this.closed = true;
    if (this.progress.done > this.lastCheckpoint && this.finishedSinceCheckpoint > 0) this.checkpoint();
    for (const { options } of this.consumers.slice()) options.drop('dropped');
  }

  private fill(): void {
    const { readBatchSize, historyBufferSize } = this.config;
    for (let pages = 0; !this.live && !this.closed; pages++) {
      if (this.buffer.length + readBatchSize > historyBufferSize) return;
      if (pages === PAGES_AT_ONCE) return void setImmediate(() => this.pump());
      this.live = !this.readPage(readBatchSize);
    }
  }

  /** False when there is nothing left to read. */
  private readPage(limit: number): boolean {
    try {
      const { items, end } = this.source.page(limit);
      this.enqueue(items);
      return !end;
    } catch {
      // A tombstoned stream has nothing more to give, and a damaged page can not be read now.
      return false;
    }
  }

  private enqueue(items: readonly Item[]): void {
    for (const item of items) {
      if (!('event' in item) || (this.stream === undefined && isGroupStream(item.event.stream))) continue;
      const event = this.config.resolveLinks ? this.resolve(item.event) : { event: item.event };
      const sequence = this.stream === undefined ? item.event.pos : item.event.rev;
      this.progress.started(sequence);
      this.buffer.push(newMessage(event, { sequence }));
    }
  }

  private resolve(event: EventRecord): ResolvedEvent {
    try {
      return this.store.reads.resolve(event);
    } catch {
      // A target that can not be read is as good as missing.
      return { link: event };
    }
  }

  private pump(): void {
    if (this.closed) return;
    if (this.retries.length > 0) this.retries = this.push(this.retries);
    do {
      if (this.buffer.length > 0) this.buffer = this.push(this.buffer);
      if (this.live) return;
      this.fill();
    } while (this.buffer.length > 0 && this.hasSlots());
  }

  /** Hands out what it can; answers with the rest. */
  private push(messages: Message[]): Message[] {
    if (!this.hasSlots()) return messages;
    const { messageTimeoutMs } = this.config;
    const deadline = messageTimeoutMs > 0 ? performance.now() + messageTimeoutMs : Number.POSITIVE_INFINITY;
    const rest: Message[] = [];
    for (const [index, message] of messages.entries()) {
      const consumer = this.chooser.choose(message, this.consumers);
      if (consumer && !consumer.inFlight.has(message.id)) consumer.push(message, deadline);
      else if (!consumer && this.chooser.inOrder) return [...rest, ...messages.slice(index)];
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
    message.retryCount++;
    this.retries.push(message);
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
    this.finishedSinceCheckpoint++;
  }

  private checkpointIfDue(timed: boolean): void {
    const { minCheckpointCount, maxCheckpointCount, checkpointAfterMs } = this.config;
    const finished = this.finishedSinceCheckpoint;
    if (finished === 0 || this.progress.done <= this.lastCheckpoint) return;
    const waited = performance.now() - this.checkpointedAt;
    const due = timed && finished >= minCheckpointCount && waited >= checkpointAfterMs;
    if (due || finished >= Math.max(1, maxCheckpointCount)) this.checkpoint();
  }

  private checkpoint(): void {
    const { done } = this.progress;
    const isFirst = this.lastCheckpoint < 0;
    this.lastCheckpoint = done;
    this.checkpointedAt = performance.now();
    this.finishedSinceCheckpoint = 0;
    writeCheckpoint(this.store, this.config, done, isFirst);
  }

  /** Messages handed out and not done. */
  get outstanding(): number {
    return this.consumers.reduce((sum, { inFlight }) => sum + inFlight.size, 0);
  }
}
