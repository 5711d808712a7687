import { originalOf, type EventRecord, type ResolvedEvent } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** An event that a group delivers. */
export interface Message {
  readonly event: ResolvedEvent;
  /** Hexadecimal id by which consumers acknowledge it. */
  readonly id: string;
  /** Revision, or position on $all, for the checkpoint; undefined for a replayed message. */
  readonly sequence: number | undefined;
  /** Revision in the parked stream, for a replayed message. */
  readonly parkedAt: number | undefined;
  readonly retryCount: number;
}

export const newMessage = (
  event: ResolvedEvent,
  place: { readonly sequence?: number; readonly parkedAt?: number },
): Message => ({
  event,
  id: originalOf(event).id.toString('hex'),
  sequence: place.sequence,
  parkedAt: place.parkedAt,
  retryCount: 0,
});

/** Follows a link; an unreadable target counts as missing. */
export const resolve = (store: Store, event: EventRecord): ResolvedEvent => {
  try {
    return store.reads.resolve(event);
  } catch {
    return { link: event };
  }
};

const recordBytes = (record: EventRecord | undefined): number =>
  record ? record.data.length + record.meta.length : 0;

/** The bytes of the events that a message holds. */
export const bytesOf = ({ event }: Message): number => recordBytes(event.event) + recordBytes(event.link);

/** Tracks unfinished messages in order, so that a checkpoint never passes one. */
export class Progress {
  private readonly unfinished = new Map<number, number>();
  private last: number;
  private hasStarted = false;

  constructor(after: number) {
    this.last = after;
  }

  started(sequence: number): void {
    this.hasStarted = true;
    this.unfinished.set(sequence, this.last);
    this.last = sequence;
  }

  finished(sequence: number): void {
    this.unfinished.delete(sequence);
  }

  /** The last message that was started; undefined before the first. */
  get lastStarted(): number | undefined {
    return this.hasStarted ? this.last : undefined;
  }

  /** The last started message, or the starting position. */
  get reached(): number {
    return this.last;
  }

  /** All messages up to here are finished. */
  get done(): number {
    for (const before of this.unfinished.values()) return before;
    return this.last;
  }
}
