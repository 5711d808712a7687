import type { EventCodec } from './codec.ts';
import type { Received } from './inbox.ts';
import { Inbox } from './inbox.ts';

/** The group that a subscriber is a member of. */
interface Membership {
  remove(subscriber: Subscriber): void;
  /** The limit of waiting deliveries is reached: the subscriber leaves the group, or pauses it when alone. */
  full(subscriber: Subscriber): void;
  room(): void;
}

/** One of several subscribers that share a subscription. */
export class Subscriber {
  private inbox: Inbox | undefined;
  private group: Membership | undefined;
  /** The position up to which it has received everything. */
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

  /** Starts after a position, with an empty inbox. */
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

  /** Receives what it has not received before. */
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

  /** Delivers what still waits, then ends, or fails with an error. */
  leave(failure?: { error: unknown }): void {
    this.group?.remove(this);
    this.group = undefined;
    this.inbox?.end(failure);
  }
}
