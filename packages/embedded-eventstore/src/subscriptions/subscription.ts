import { streamDeleted } from '../rpc/errors.ts';
import { nextLimit } from '../store/page-size.ts';
import type { Sender } from '../rpc/sender.ts';
import { DELETED_REVISION, type EventRecord } from '../store/records.ts';
import { CAUGHT_UP, encodeCheckpoint } from '../wire/read-response.ts';
import type { Follower } from './feed.ts';
import type { Item, Source } from './sources.ts';

const PAGE_SIZE = 64;

export interface SubscriptionOptions {
  readonly source: Source;
  /** Encodes an event for this subscriber. */
  readonly encode: (event: EventRecord) => Buffer;
}

/** A subscription call: catches up from the store, sends CaughtUp, then follows the commits. */
export class Subscription implements Follower {
  readonly stream: string | undefined;
  private live = false;

  constructor(
    private readonly sender: Sender,
    private readonly options: SubscriptionOptions,
  ) {
    this.stream = options.source.stream;
  }

  /** Reads to the end of the store, at the client's pace, then switches to live. */
  async catchUp(): Promise<void> {
    try {
      let limit = 8;
      while (!this.sender.closed) {
        const { items, end } = this.options.source.page(limit);
        this.sendAll(items);
        if (end) return this.goLive();
        const events = items.flatMap((item) => ('event' in item ? [item.event] : []));
        limit = nextLimit(limit, PAGE_SIZE, events);
        await this.sender.drained();
      }
    } catch (error) {
      this.sender.fail(error);
    }
  }

  /** Delivers a new committed event. */
  deliver(event: EventRecord): void {
    if (!this.live || this.sender.closed) return;
    if (this.sender.isBehind) {
      // It reads from the store again.
      this.live = false;
      void this.sender.drained().then(() => this.catchUp());
      return;
    }
    try {
      this.sendAll(this.options.source.take(event));
    } catch (error) {
      this.sender.fail(error);
    }
    if (event.rev === DELETED_REVISION && event.stream === this.stream) {
      this.sender.fail(streamDeleted(this.stream));
    }
  }

  private goLive(): void {
    this.sendAll(this.options.source.caughtUp());
    this.sender.send(CAUGHT_UP);
    this.live = true;
  }

  private sendAll(items: readonly Item[]): void {
    const messages = items.map((item) =>
      'event' in item
        ? this.options.encode(item.event)
        : encodeCheckpoint(item.checkpoint, item.prepare ?? item.checkpoint),
    );
    this.sender.sendAll(messages);
  }
}
