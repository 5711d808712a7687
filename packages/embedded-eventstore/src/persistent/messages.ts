import { originalOf, type ResolvedEvent } from '../store/records.ts';

/** One event on its way through a group. */
export interface Message {
  readonly event: ResolvedEvent;
  /** Hexadecimal id by which consumers acknowledge it. */
  readonly id: string;
  /** Revision (or position, on $all) that a checkpoint may reach once it is done; undefined for a replayed one. */
  readonly sequence: number | undefined;
  /** Its revision in the parked stream, if it is replayed from there. */
  readonly parkedAt: number | undefined;
  retryCount: number;
  /** When its consumer is too late, in `performance.now()` milliseconds. */
  deadline: number;
  sentAt: number;
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
  deadline: 0,
  sentAt: 0,
});

/** Remembers, in order, what is not done yet, so that a checkpoint never passes it. */
export class Progress {
  private readonly unfinished = new Map<number, number>();
  private last: number;

  constructor(after: number) {
    this.last = after;
  }

  started(sequence: number): void {
    this.unfinished.set(sequence, this.last);
    this.last = sequence;
  }

  finished(sequence: number): void {
    this.unfinished.delete(sequence);
  }

  /** The last that was started. */
  get reached(): number {
    return this.last;
  }

  /** Everything up to here is done. */
  get done(): number {
    for (const before of this.unfinished.values()) return before;
    return this.last;
  }
}
