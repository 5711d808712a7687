import type { EventCodec } from './codec.ts';
import type { Received } from './inbox.ts';
import { Inbox } from './inbox.ts';

/** What a subscriber is a member of. */
interface Membership {
  remove(subscriber: Subscriber): void;
  /** More waits than may: holds the others up no longer, or pauses when there are none. */
  full(subscriber: Subscriber): void;
  room(): void;
}

/** One of several that have a subscription in common. */
export class Subscriber {
  private inbox: Inbox | undefined;
  private group: Membership | undefined;
  /** Up to where it was given everything. */
  private reached = -1n;

  constructor(
    private readonly codec: EventCodec,
    readonly pairs: readonly string[],
    private readonly flow: { most: () => { count: number; bytes: number } },
    private readonly onInterruption: ((error: unknown) => void) | undefined,
  ) {}

  get position(): bigint {
    return this.reached;
  }

  /** Begins after a position, with nothing that waits. */
  begin(position: bigint): Inbox {
    this.reached = position;
    this.inbox = new Inbox(this.codec, {
      ...this.flow,
      onFull: () => this.group?.full(this),
      onRoom: () => this.group?.room(),
    });
    return this.inbox;
  }

  joined(group: Membership): void {
    this.group = group;
  }

  /** Takes what it was not given before. */
  receive(received: Received): void {
    if ('position' in received) {
      if (received.position <= this.reached) return;
      this.reached = received.position;
    }
    this.inbox?.receive(received);
  }

  interrupted(error: unknown): void {
    this.onInterruption?.(error);
  }

  /** What waits is still delivered, then nothing more, or an error. */
  leave(failure?: { error: unknown }): void {
    this.group?.remove(this);
    this.group = undefined;
    this.inbox?.end(failure);
  }
}
