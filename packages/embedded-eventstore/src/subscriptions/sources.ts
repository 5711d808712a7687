import { streamDeleted } from '../rpc/errors.ts';
import type { EventRecord } from '../store/records.ts';
import { LINK_TYPE } from '../store/stream-names.ts';
import type { Store } from '../store/store.ts';
import type { Filter } from './filter.ts';

/** One thing a subscriber gets: an event, or a checkpoint at a position. */
export type Item = { readonly event: EventRecord } | { readonly checkpoint: number };

export interface Page {
  readonly items: readonly Item[];
  /** True when nothing was left to read. */
  readonly end: boolean;
}

/** Where a subscription's events come from; it remembers how far it has come. */
export interface Source {
  /** Undefined: the source is $all. */
  readonly stream: string | undefined;
  /** Reads on from the store. */
  page(limit: number): Page;
  /** What a freshly committed event means to the subscriber. */
  take(event: EventRecord): readonly Item[];
  /** What is still to be said when catching up has ended. */
  caughtUp(): readonly Item[];
}

const NOTHING: readonly Item[] = [];

/** A stream's events with a revision above `after`. */
export class StreamSource implements Source {
  constructor(
    private readonly store: Store,
    readonly stream: string,
    private after: number,
  ) {}

  page(limit: number): Page {
    const page = this.store.reads.stream(this.stream, this.after + 1, limit, false);
    if (page.kind === 'deleted') throw streamDeleted(this.stream);
    if (page.kind === 'not_found') return { items: NOTHING, end: true };
    this.after = page.events.at(-1)?.rev ?? this.after;
    return { items: page.events.map((event) => ({ event })), end: page.events.length === 0 };
  }

  take(event: EventRecord): readonly Item[] {
    if (event.rev <= this.after) return NOTHING;
    this.after = event.rev;
    return [{ event }];
  }

  caughtUp(): readonly Item[] {
    return NOTHING;
  }
}

/** All events above position `after`, or those of them that a filter lets through, with checkpoints. */
export class AllSource implements Source {
  readonly stream = undefined;
  private considered = 0;
  private lastCheckpoint: number;
  private lastConsidered: number;

  constructor(
    private readonly store: Store,
    private after: number,
    private readonly filter: Filter | undefined,
  ) {
    this.lastCheckpoint = after;
    this.lastConsidered = after;
  }

  page(limit: number): Page {
    return this.filter ? this.filteredPage(this.filter, limit) : this.plainPage(limit);
  }

  take(event: EventRecord): readonly Item[] {
    if (event.pos <= this.after) return NOTHING;
    this.after = event.pos;
    if (!this.filter) return [{ event }];
    const matches = this.filter.matches(event.stream, event.type);
    return this.consider(event.pos, this.filter, matches ? event : undefined);
  }

  caughtUp(): readonly Item[] {
    if (!this.filter || this.lastConsidered <= this.lastCheckpoint) return NOTHING;
    return [this.checkpoint(this.lastConsidered)];
  }

  private plainPage(limit: number): Page {
    const events = this.store.log.readAllForwards(this.after + 1, limit);
    this.after = events.at(-1)?.pos ?? this.after;
    return { items: events.map((event) => ({ event })), end: events.length === 0 };
  }

  private filteredPage(filter: Filter, limit: number): Page {
    const scanned = this.store.log.scan(this.after + 1, limit * 4, false);
    const items: Item[] = [];
    let found = 0;
    for (const { pos, stream, type } of scanned) {
      const event = filter.matches(stream, type) ? this.store.log.byPosition(pos) : undefined;
      items.push(...this.consider(pos, filter, event));
      this.after = pos;
      if (event && ++found === limit) break;
    }
    return { items, end: scanned.length === 0 };
  }

  private consider(pos: number, filter: Filter, event: EventRecord | undefined): readonly Item[] {
    this.lastConsidered = pos;
    const due = ++this.considered % filter.checkpointInterval === 0;
    if (event) return due ? [{ event }, this.checkpoint(pos)] : [{ event }];
    return due ? [this.checkpoint(pos)] : NOTHING;
  }

  private checkpoint(pos: number): Item {
    this.lastCheckpoint = pos;
    return { checkpoint: pos };
  }
}

export const isLink = (event: EventRecord): boolean => event.type === LINK_TYPE;
