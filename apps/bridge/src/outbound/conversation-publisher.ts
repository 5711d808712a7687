import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedEvent } from '#domain';
import type { EventStore } from '#sessions';
import { subscribeToSessions } from '#sessions';
import type { Outgoing } from '#messaging';
import { conversationTopic, writeCloudEvent } from '#messaging';
import type { Logger } from '#platform';
import type { Lease } from '#partitions';
import { publicEvent } from './public-event.ts';

export interface FeedOptions {
  readonly store: EventStore;
  readonly send: (messages: readonly Outgoing[]) => Promise<void>;
  /** Stores up to where a slot is published; false when the slot is not held any more. */
  readonly save: (lease: Lease, position: bigint) => Promise<boolean>;
  readonly logger: Logger;
  readonly onSent: (messages: number) => void;
}

/** Events that wait for Kafka before the subscription is held up. */
const capacity = 2_000;
/** Least time between two batches, in milliseconds. */
const intervalMs = 50;
/** After this many milliseconds a slot whose feed ended by itself is claimed anew. */
const againMs = 1_000;

/**
 * Publishes the events of a slot in their order: first the messages, then the position, so after a break some come again,
 * with the same ids.
 */
export class ConversationPublisher {
  private readonly abort = new AbortController();
  private readonly waiting: Outgoing[] = [];
  private reached: bigint | undefined;
  private saved: bigint | undefined;
  private readonly running: Promise<void>;

  constructor(
    private readonly options: FeedOptions,
    readonly lease: Lease,
    /** Told when the feed does not go on by itself. */
    ended: () => void,
  ) {
    this.running = this.run(ended);
  }

  get backlog(): number {
    return this.waiting.length;
  }

  /** Ends after the batch under way. */
  async stop(): Promise<void> {
    this.abort.abort();
    await this.running;
  }

  /** Neither half goes on without the other. */
  private async run(ended: () => void): Promise<void> {
    const end = (): void => this.abort.abort();
    const halves = await Promise.allSettled([this.read().finally(end), this.write().finally(end)]);
    for (const half of halves) {
      if (half.status === 'rejected')
        this.options.logger.error({ err: half.reason as unknown, slot: this.lease.slot }, 'feed failed');
    }
    setTimeout(ended, againMs).unref();
  }

  private async read(): Promise<void> {
    const { store, logger } = this.options;
    const { prefixes, position, slot } = this.lease;
    const { signal } = this.abort;
    const onInterruption = (err: unknown): void => logger.warn({ err, slot }, 'feed interrupted');
    const options = { prefixes, after: position ?? ('start' as const), signal, onInterruption };
    for await (const delivery of subscribeToSessions(store, options)) {
      if (delivery.kind === 'caught_up') continue;
      if (delivery.kind === 'event') {
        const message = this.messageOf(delivery.session_id, delivery.event);
        if (message) this.waiting.push(message);
      }
      if (delivery.kind === 'unprojectable') logger.error(delivery, 'event passed over');
      this.reached = delivery.position;
      while (this.waiting.length >= capacity && !signal.aborted) await sleep(20);
    }
  }

  /** An event that cannot be told is passed over: the slot's others are. */
  private messageOf(sessionId: string, event: RecordedEvent): Outgoing | undefined {
    try {
      const told = publicEvent(sessionId, event);
      return told && { topic: conversationTopic, ...writeCloudEvent(told, sessionId) };
    } catch (err) {
      const { type, revision } = event;
      this.options.logger.error({ err, session_id: sessionId, type, revision }, 'event passed over');
      return undefined;
    }
  }

  private async write(): Promise<void> {
    const { signal } = this.abort;
    for (let failures = 0; !signal.aborted;) {
      await sleep(Math.min(2_000, intervalMs * 2 ** failures), undefined, { signal }).catch(() => undefined);
      const position = this.reached;
      const count = this.waiting.length;
      if (position === undefined || position === this.saved) continue;
      try {
        await this.options.send(this.waiting.slice(0, count));
        this.waiting.splice(0, count);
        this.options.onSent(count);
        if (!(await this.options.save(this.lease, position))) this.abort.abort();
        this.saved = position;
        failures = 0;
      } catch (err) {
        if (failures === 0) this.options.logger.warn({ err, slot: this.lease.slot }, 'feed waits');
        failures += 1;
      }
    }
  }
}
