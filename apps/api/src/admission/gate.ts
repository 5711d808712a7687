import type { AdaptiveLimit } from './adaptive-limit.ts';
import type { Caller } from './callers.ts';
import { Callers } from './callers.ts';

/** Why a request is refused: its caller already has its share of the node, or the node is full. */
export type Refusal = 'too_many_requests' | 'overloaded';

/** @param retryAfterMs after how long there should be room for the caller's next request, in milliseconds */
type Refuse = (refusal: Refusal, retryAfterMs: number) => void;

/** A request at a gate. */
export interface Ticket {
  readonly caller: Caller<Ticket>;
  readonly bytes: number;
  readonly refuse: Refuse;
  readonly stalled: (() => void) | undefined;
  /** `stalled`: its body is slow to arrive; it has given its place to others, and only its bytes count. */
  state: 'waiting' | 'admitted' | 'stalled' | 'gone';
  start: () => void;
  arrivedAt: number;
  /** Whether its body has arrived. */
  isWhole: boolean;
  /** When its processing began. */
  begunAt: number | undefined;
  stalling: NodeJS.Timeout | undefined;
}

interface Arrival {
  readonly caller: string;
  /** The size of its body. */
  readonly bytes: number;
  /** Called when it is admitted: at once, or later. */
  readonly start: () => void;
  /** Called when it is refused. */
  readonly refuse: Refuse;
  /** Called when its body is so slow to arrive that it gives its place to others. */
  readonly stalled?: () => void;
}

/** How many requests are admitted at a time. */
export type Limit = Pick<AdaptiveLimit, 'current' | 'markReached' | 'observe'>;

interface GateOptions {
  readonly limit: Limit;
  /** Requests that may wait. */
  readonly queue: number;
  /** Bytes of the bodies of admitted requests. */
  readonly bytes: number;
  /** How long a request may wait: in a burst, and once others have waited without a break for that long. */
  readonly burstMs: number;
  readonly waitMs: number;
  /** How long a request may keep its place while its body arrives. */
  readonly uploadMs: number;
  readonly now?: () => number;
}

const sweepMs = 10;
/** How fast the known time between two answers follows, and the bounds of what those that are refused are told. */
const following = 0.1;
const leastRetryMs = 1_000;
const mostRetryMs = 15_000;
/** The part of it that is random. */
const jitter = 0.25;

/**
 * Admits as many requests as the limit allows; others wait a short while, with callers taking turns. No caller may
 * take more places, bytes and queue entries than are left for others, so a single caller gets half of them.
 */
export class Gate {
  private readonly callers = new Callers<Ticket>();
  private admitted = 0;
  private bytes = 0;
  /** Since when requests have waited without a break. */
  private standingSince: number | undefined;
  private sweeping: NodeJS.Timeout | undefined;
  private readonly now: () => number;
  /** The time between two answers while others wait. */
  private intervalMs = 0;
  private leftAt: number | undefined;

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

  arrive({ caller: name, bytes, start, refuse, stalled }: Arrival): Ticket {
    const caller = this.callers.enter(name);
    const now = this.now();
    const ticket: Ticket = {
      caller,
      bytes,
      refuse,
      stalled,
      state: 'waiting',
      start,
      arrivedAt: now,
      isWhole: false,
      begunAt: undefined,
      stalling: undefined,
    };
    this.enter(ticket, now);
    return ticket;
  }

  /**
   * The body of an admitted request has arrived: processing begins. If the body came late, it begins once there is
   * room again.
   */
  begin(ticket: Ticket, start: () => void): void {
    const { state } = ticket;
    if (state === 'gone') return;
    const now = this.now();
    clearTimeout(ticket.stalling);
    ticket.isWhole = true;
    if (state === 'admitted') {
      ticket.begunAt = now;
      start();
    } else {
      Object.assign(ticket, { state: 'waiting', start, arrivedAt: now });
      this.enter(ticket, now);
    }
  }

  /** The request was answered, or its caller disconnected. @param isMeasure whether its duration counts */
  leave(ticket: Ticket, isMeasure: boolean): void {
    const { state, caller, begunAt } = ticket;
    if (state === 'gone') return;
    if (state === 'waiting') this.callers.stopWaiting(caller, ticket);
    if (state === 'admitted') {
      if (isMeasure && begunAt !== undefined) this.options.limit.observe(begunAt, this.now(), this.admitted);
      this.observeInterval();
      this.giveUpPlace(caller);
    }
    this.forget(ticket);
    this.admitWaiting();
  }

  private enter(ticket: Ticket, now: number): void {
    const { waiting } = ticket.caller;
    if (waiting.length === 0 && this.hasRoom(ticket)) {
      this.admit(ticket, now);
      ticket.start();
    } else {
      this.options.limit.markReached();
      if (waiting.length < this.options.queue - this.callers.waiting) this.wait(ticket, now);
      else this.refuse(ticket);
    }
  }

  private hasRoom({ caller, bytes, isWhole }: Ticket): boolean {
    const { limit, bytes: mostBytes } = this.options;
    if (caller.admitted >= limit.current - this.admitted) return false;
    return isWhole || this.bytes === 0 || caller.bytes + bytes <= mostBytes - this.bytes;
  }

  private admit(ticket: Ticket, now: number): void {
    const { caller, bytes, isWhole } = ticket;
    ticket.state = 'admitted';
    this.admitted += 1;
    caller.admitted += 1;
    if (isWhole) {
      ticket.begunAt = now;
      return;
    }
    this.bytes += bytes;
    caller.bytes += bytes;
    if (bytes > 0) ticket.stalling = setTimeout(() => this.stall(ticket), this.options.uploadMs).unref();
  }

  /** A request with a slow body makes room for others; its bytes stay reserved. */
  private stall(ticket: Ticket): void {
    ticket.state = 'stalled';
    this.giveUpPlace(ticket.caller);
    ticket.stalled?.();
    this.admitWaiting();
  }

  private giveUpPlace(caller: Caller<Ticket>): void {
    this.admitted -= 1;
    caller.admitted -= 1;
  }

  private forget(ticket: Ticket): void {
    const { caller, bytes, state, isWhole } = ticket;
    clearTimeout(ticket.stalling);
    if (isWhole || state !== 'waiting') {
      this.bytes -= bytes;
      caller.bytes -= bytes;
    }
    ticket.state = 'gone';
    this.callers.exit(caller);
  }

  private wait(ticket: Ticket, now: number): void {
    this.callers.wait(ticket.caller, ticket);
    this.standingSince ??= now;
    this.sweeping ??= setInterval(() => this.sweep(), sweepMs).unref();
  }

  /** Callers take turns; a caller with its full share is skipped. */
  private admitWaiting(): void {
    const isAdmissible = (ticket: Ticket): boolean => this.hasRoom(ticket);
    for (let next = this.callers.next(isAdmissible); next; next = this.callers.next(isAdmissible)) {
      this.admit(next, this.now());
      // Deferred, so that it does not run within the request that made room.
      setImmediate(next.start);
    }
    if (this.callers.waiting > 0) return;
    this.standingSince = undefined;
    clearInterval(this.sweeping);
    this.sweeping = undefined;
  }

  /** Refuses requests that have waited too long. */
  private sweep(): void {
    const now = this.now();
    const { burstMs, waitMs } = this.options;
    const isStanding = now - (this.standingSince ?? now) >= burstMs;
    const latest = now - (isStanding ? waitMs : burstMs);
    for (const ticket of this.callers.takeWaiting(({ arrivedAt }) => arrivedAt <= latest))
      this.refuse(ticket);
    this.admitWaiting();
  }

  private observeInterval(): void {
    const now = this.now();
    if (this.leftAt !== undefined) this.intervalMs += (now - this.leftAt - this.intervalMs) * following;
    this.leftAt = this.callers.waiting > 0 ? now : undefined;
  }

  /** Those of a caller that are refused come back one after the other, as fast as its requests have their turns. */
  private retryAfterMs(caller: Caller<Ticket>): number {
    const now = this.now();
    const next = Math.max(caller.returnsAt, now) + this.intervalMs * this.callers.size;
    caller.returnsAt = Math.min(next, now + mostRetryMs);
    return Math.round(Math.max(leastRetryMs, caller.returnsAt - now) * (1 - jitter * Math.random()));
  }

  private refuse(ticket: Ticket): void {
    const { caller } = ticket;
    const retryAfterMs = this.retryAfterMs(caller);
    const share = (this.admitted + this.callers.waiting) / this.callers.size;
    const isOver = this.callers.size > 1 && caller.admitted + caller.waiting.length > share;
    this.forget(ticket);
    ticket.refuse(isOver ? 'too_many_requests' : 'overloaded', retryAfterMs);
  }
}
