import type { AdaptiveLimit } from './adaptive-limit.ts';
import type { Caller } from './callers.ts';
import { Callers } from './callers.ts';

/** Why a request is not admitted: its caller has its share of the node already, or the node is full. */
export type Refusal = 'too_many_requests' | 'overloaded';

/** A request before, in, and behind the gate. */
export interface Ticket {
  readonly caller: Caller<Ticket>;
  readonly bytes: number;
  readonly arrivedAt: number;
  readonly start: () => void;
  readonly refuse: (refusal: Refusal) => void;
  state: 'waiting' | 'admitted' | 'gone';
  admittedAt: number;
}

interface Arrival {
  readonly caller: string;
  /** The size of its body. */
  readonly bytes: number;
  /** Called when it is admitted: at once, or later. */
  readonly start: () => void;
  /** Called instead when it is not. */
  readonly refuse: (refusal: Refusal) => void;
}

interface GateOptions {
  readonly limit: Pick<AdaptiveLimit, 'current' | 'markReached' | 'observe'>;
  /** Requests that may wait. */
  readonly queue: number;
  /** Bytes of the bodies of requests that are admitted. */
  readonly bytes: number;
  /** How long a request may wait: in a burst, and when others have waited without a break for that long. */
  readonly burstMs: number;
  readonly waitMs: number;
  readonly now?: () => number;
}

const sweepMs = 10;

/**
 * Admits as many requests as the limit allows. The others wait a short while, and those of each caller take turns. Of
 * slots, bytes and places in the queue no caller takes more than is left for others, so one alone has half of them.
 */
export class Gate {
  private readonly callers = new Callers<Ticket>();
  private admitted = 0;
  private bytes = 0;
  /** Since when somebody waits. */
  private standingSince: number | undefined;
  private sweeping: NodeJS.Timeout | undefined;
  private readonly now: () => number;

  constructor(private readonly options: GateOptions) {
    this.now = options.now ?? (() => performance.now());
  }

  get counts() {
    const { admitted, bytes, callers } = this;
    return {
      limit: this.options.limit.current,
      admitted,
      bytes,
      waiting: callers.waiting,
      callers: callers.size,
    };
  }

  arrive({ caller: name, bytes, start, refuse }: Arrival): Ticket {
    const caller = this.callers.enter(name);
    const now = this.now();
    const ticket: Ticket = {
      caller,
      bytes,
      start,
      refuse,
      arrivedAt: now,
      state: 'waiting',
      admittedAt: now,
    };
    if (caller.waiting.length === 0 && this.hasRoom(ticket)) {
      this.admit(ticket, now);
      start();
    } else {
      this.options.limit.markReached();
      if (caller.waiting.length < this.options.queue - this.callers.waiting) this.wait(ticket, now);
      else this.refuse(ticket);
    }
    return ticket;
  }

  /** The request is answered, or its caller is gone. @param isMeasure whether the time that it took counts */
  leave(ticket: Ticket, isMeasure: boolean): void {
    const { state, caller } = ticket;
    if (state === 'gone') return;
    ticket.state = 'gone';
    if (state === 'waiting') {
      this.callers.stopWaiting(caller, ticket);
    } else {
      const now = this.now();
      if (isMeasure) this.options.limit.observe(ticket.admittedAt, now, this.admitted);
      this.admitted -= 1;
      this.bytes -= ticket.bytes;
      caller.admitted -= 1;
      caller.bytes -= ticket.bytes;
    }
    this.callers.exit(caller);
    this.admitWaiting();
  }

  private hasRoom({ caller, bytes }: Ticket): boolean {
    const { limit, bytes: mostBytes } = this.options;
    if (this.admitted === 0) return true;
    return caller.admitted < limit.current - this.admitted && caller.bytes + bytes <= mostBytes - this.bytes;
  }

  private admit(ticket: Ticket, now: number): void {
    const { caller, bytes } = ticket;
    ticket.state = 'admitted';
    ticket.admittedAt = now;
    this.admitted += 1;
    this.bytes += bytes;
    caller.admitted += 1;
    caller.bytes += bytes;
  }

  private wait(ticket: Ticket, now: number): void {
    this.callers.wait(ticket.caller, ticket);
    this.standingSince ??= now;
    this.sweeping ??= setInterval(() => this.sweep(), sweepMs).unref();
  }

  /** The callers take turns; one that has its share is passed over. */
  private admitWaiting(): void {
    const isAdmissible = (ticket: Ticket): boolean => this.hasRoom(ticket);
    for (let next = this.callers.next(isAdmissible); next; next = this.callers.next(isAdmissible)) {
      this.admit(next, this.now());
      // Not from within the request that made room.
      setImmediate(next.start);
    }
    if (this.callers.waiting > 0) return;
    this.standingSince = undefined;
    clearInterval(this.sweeping);
    this.sweeping = undefined;
  }

  /** Refuses those that have waited for too long. */
  private sweep(): void {
    const now = this.now();
    const { burstMs, waitMs } = this.options;
    const isStanding = now - (this.standingSince ?? now) >= burstMs;
    const latest = now - (isStanding ? waitMs : burstMs);
    for (const ticket of this.callers.takeWaiting(({ arrivedAt }) => arrivedAt <= latest))
      this.refuse(ticket);
    this.admitWaiting();
  }

  private refuse(ticket: Ticket): void {
    const { caller } = ticket;
    ticket.state = 'gone';
    const share = (this.admitted + this.callers.waiting) / this.callers.size;
    const isOver = this.callers.size > 1 && caller.admitted + caller.waiting.length > share;
    this.callers.exit(caller);
    ticket.refuse(isOver ? 'too_many_requests' : 'overloaded');
  }
}
