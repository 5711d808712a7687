import { streamDeleted } from '../rpc/errors.ts';
import type { EventRecord } from '../store/records.ts';
import { isSystemStream, LINK_TYPE } from '../store/stream-names.ts';
import type { Store } from '../store/store.ts';
import { inSlice, type Filter } from './filter.ts';

/** An event, or a checkpoint at a position, for a subscriber; `prepare`: the event at the position is still to come. */
export type Item =
  | { readonly event: EventRecord }
  | { readonly checkpoint: number; readonly prepare?: number };

export interface Page {
  readonly items: readonly Item[];
  /** True at the end of the source. */
  readonly end: boolean;
}

/** The events of a subscription, with its current position. */
export interface Source {
  /** Undefined: the source is $all. */
  readonly stream: string | undefined;
  /** Reads the next page from the store. */
  page(limit: number): Page;
  /** The items for a new committed event. */
  take(event: EventRecord): readonly Item[];
  /** The items at the end of catching up. */
  caughtUp(): readonly Item[];
}

const NOTHING: readonly Item[] = [];
/** 2^64 - 1 on the wire, which is not a position. */
const NO_POSITION = 2 ** 64;

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

/**
 * All events above position `after`; with a filter, the matching ones and checkpoints. EventStoreDB 24.10 sends a checkpoint
 * at 2^64 - 1 when it has caught up from the start of an empty log (here system events do not count), and at the place of the
 * next event when its last page was full (`checkpointsLikeAServer`).
 */
export class AllSource implements Source {
  readonly stream = undefined;
  private examined = 0;
  private lastCheckpoint: number;
  private lastExamined: number;
  private isEmptyLog: boolean;
  private readonly isFromStart: boolean;

  constructor(
    private readonly store: Store,
    private after: number,
    private readonly filter: Filter | undefined,
    private readonly options: { readonly checkpointsLikeAServer?: boolean } = {},
  ) {
    this.isFromStart = after === 0;
    this.isEmptyLog = this.isFromStart;
    this.lastCheckpoint = after;
    this.lastExamined = after;
  }

  page(limit: number): Page {
    return this.filter ? this.filteredPage(this.filter, limit) : this.plainPage(limit);
  }

  take(event: EventRecord): readonly Item[] {
    if (event.pos <= this.after) return NOTHING;
    this.after = event.pos;
    if (!this.filter) return [{ event }];
    const matches = this.filter.matches(event.stream, event.type);
    return this.examine(event.pos, this.filter, matches ? event : undefined);
  }

  caughtUp(): readonly Item[] {
    if (!this.filter) return NOTHING;
    if (this.options.checkpointsLikeAServer) {
      if (this.isEmptyLog) return [{ checkpoint: NO_POSITION }];
      const { log } = this.store;
      // The first page also has the event at the start position.
      const read = this.examined + (this.isFromStart ? 0 : 1);
      if (this.examined > 0 && read % this.filter.searchWindow === 0 && this.after === log.last)
        return [{ checkpoint: log.next, prepare: 0 }];
    }
    if (this.lastExamined <= this.lastCheckpoint) return NOTHING;
    return [this.checkpoint(this.lastExamined)];
  }

  private plainPage(limit: number): Page {
    const events = this.store.log.readAllForwards(this.after + 1, limit);
    this.after = events.at(-1)?.pos ?? this.after;
    return { items: events.map((event) => ({ event })), end: events.length === 0 };
  }

  private filteredPage(filter: Filter, limit: number): Page {
    const scanned = this.store.log.scan(this.after + 1, limit * 4, false);
    const read: { pos: number; stream: string; event: EventRecord | undefined }[] = [];
    let found = 0;
    for (const { pos, stream, type } of inSlice(scanned)) {
      const event = filter.matches(stream, type) ? this.store.log.byPosition(pos) : undefined;
      read.push({ pos, stream, event });
      if (event && ++found === limit) break;
    }
    // Only now, so that a page that cannot be read is not half passed.
    const items = read.flatMap(({ pos, stream, event }) => {
      if (!isSystemStream(stream)) this.isEmptyLog = false;
      this.after = pos;
      return this.examine(pos, filter, event);
    });
    return { items, end: scanned.length === 0 };
  }

  private examine(pos: number, filter: Filter, event: EventRecord | undefined): readonly Item[] {
    this.lastExamined = pos;
    const due = ++this.examined % filter.checkpointInterval === 0;
    if (event) return due ? [{ event }, this.checkpoint(pos)] : [{ event }];
    return due ? [this.checkpoint(pos)] : NOTHING;
  }

  private checkpoint(pos: number): Item {
    this.lastCheckpoint = pos;
    return { checkpoint: pos };
  }
}

export const isLink = (event: EventRecord): boolean => event.type === LINK_TYPE;
