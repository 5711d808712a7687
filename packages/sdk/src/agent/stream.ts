import { setTimeout as sleep } from 'node:timers/promises';
import type { Deferred } from '../client/deferred.ts';
import { deferred } from '../client/deferred.ts';
import { backoffMs } from '../client/retry.ts';
import type { Session } from '../client/session.ts';
import { HandlerTimedOut, runHandler } from './run-handler.ts';
import type { Update } from './update.ts';

/**
 * Handles an update. When it is done the update is acknowledged. When it fails, it is called again with the same update
 * after a pause, and later updates wait. After `handlerAttempts` calls, or when a call takes longer than
 * `handlerTimeoutMs`, the update is skipped and `signal` aborts.
 */
export type UpdateHandler = (
  update: Update,
  stream: AgentStream,
  run: { readonly signal: AbortSignal },
) => void | Promise<void>;

/** Why an update was skipped; recorded in the session's stream. */
export type SkipReason = 'handler_failed' | 'handler_timed_out';

/** The time limit of a handler call, and the number of calls per update. */
export interface HandlerLimits {
  readonly timeoutMs: number;
  readonly attempts: number;
}

/**
 * Why the instance no longer owns a session: it detached, another instance took the session, the session is over, it moved to
 * another cell, where the agent attaches it again, …
 */
export type StreamEnd =
  | 'requested'
  | 'replaced'
  | 'drained'
  | 'lease_expired'
  | 'session_over'
  | 'moved'
  | 'closed';

/** An update given to a loop: resolved when the loop asks for the next one. */
interface LoopItem {
  readonly update: Update;
  readonly handled: Deferred<void>;
}

/** Rejects the item of a loop that ended early. */
const loopLeft = new Error('The loop over the updates was left.');

export interface StreamOptions {
  readonly session: Session;
  readonly epoch: number;
  /** The last revision that was already handled. */
  readonly after: number;
  /** The handler of an earlier stream of the session that is still running. */
  readonly earlier?: Promise<void> | undefined;
  readonly limits: HandlerLimits;
  /** The last revision that any stream of the session handled; -1: none. */
  readonly handledUpTo: () => number;
  readonly acknowledge: (revision: number, skipped?: SkipReason) => void;
  readonly detach: (ended: Promise<StreamEnd>) => Promise<void>;
  readonly onHandled: (revision: number) => void;
  readonly onError: (error: unknown, update: Update) => void;
  readonly onSkipped: (update: Update, reason: SkipReason) => void;
}

/** One session that the instance owns: its updates, in order and each once, and a {@link Session} to act on it. */
export class AgentStream {
  /** UUID of the session. */
  readonly sessionId: string;
  /** Its commands carry the epoch: they are refused once another instance owns the session. */
  readonly session: Session;
  /** Resolves with the reason when the instance no longer owns the session. */
  readonly ended: Promise<StreamEnd>;
  private readonly ending = deferred<StreamEnd>();
  private readonly stop = new AbortController();
  /** Aborts when no more handlers start: the stream has ended, or the agent closes. */
  private readonly halt = new AbortController();
  private readonly queue: Update[] = [];
  private handler: UpdateHandler | undefined;
  private working: Promise<void> | undefined;
  private currentEpoch: number;
  private lastReceived: number;
  private lastHandled: number;

  constructor(private readonly options: StreamOptions) {
    this.session = options.session;
    this.sessionId = options.session.id;
    this.ended = this.ending.promise;
    this.currentEpoch = options.epoch;
    this.lastReceived = options.after;
    this.lastHandled = options.after;
  }

  /** The epoch under which the instance owns the session; each takeover increments it. */
  get epoch(): number {
    return this.currentEpoch;
  }

  /** Revision of the last update that was handled; -1 before the first. */
  get handledRevision(): number {
    return this.lastHandled;
  }

  /** Whether the instance still owns the session. */
  get isOpen(): boolean {
    return !this.stop.signal.aborted;
  }

  /**
   * The handler of its updates.
   * @internal
   */
  get currentHandler(): UpdateHandler | undefined {
    return this.handler;
  }

  /** Sets the handler of the updates, instead of the agent's. Waiting updates come first. */
  onUpdate(handler: UpdateHandler): this {
    this.handler = handler;
    this.work();
    return this;
  }

  /**
   * The updates one by one. Each is acknowledged when the loop asks for the next. If the loop is left, the current
   * update goes to the next handler first. Ends with the stream.
   */
  async *updates(): AsyncGenerator<Update, void> {
    let current: LoopItem | undefined;
    let arrival = deferred<void>();
    const handler: UpdateHandler = (update) => {
      current = { update, handled: deferred<void>() };
      arrival.resolve();
      return current.handled.promise;
    };
    this.onUpdate(handler);
    const onEnd = (): void => arrival.resolve();
    this.stop.signal.addEventListener('abort', onEnd, { once: true });
    const next = async (): Promise<LoopItem | undefined> => {
      if (current === undefined && this.isOpen) await arrival.promise;
      return this.isOpen ? current : undefined;
    };
    try {
      for (let item = await next(); item; item = await next()) {
        yield item.update;
        // After a timeout, the next one is already the current update.
        if (current === item) {
          current = undefined;
          arrival = deferred<void>();
        }
        item.handled.resolve();
      }
    } finally {
      this.stop.signal.removeEventListener('abort', onEnd);
      if (this.handler === handler) this.handler = undefined;
      current?.handled.reject(loopLeft);
    }
  }

  /**
   * Gives the session back; no other instance gets it. Resolves when that is done.
   * @throws Unavailable when there is no answer for `timeoutMs`; the request is then repeated over the next connection
   */
  async detach(): Promise<void> {
    if (this.isOpen) await this.options.detach(this.ended);
  }

  /**
   * Queues an update that arrived. An update received before is not delivered again, only acknowledged.
   * @internal
   */
  receive(update: Update): void {
    if (update.revision <= this.lastHandled) this.options.acknowledge(update.revision);
    if (update.revision <= this.lastReceived) return;
    this.lastReceived = update.revision;
    this.queue.push(update);
    this.work();
  }

  /**
   * The instance still owns the session, possibly under a new epoch.
   * @internal
   */
  renew(epoch: number): void {
    this.currentEpoch = epoch;
  }

  /**
   * The instance no longer owns the session. Unhandled updates are left to the next owner.
   * @internal
   */
  finish(reason: StreamEnd): void {
    if (!this.isOpen) return;
    this.stop.abort();
    this.halt.abort();
    this.queue.length = 0;
    this.ending.resolve(reason);
  }

  /**
   * Starts no more handlers.
   * @internal
   */
  pause(): void {
    this.halt.abort();
  }

  /**
   * The running handler; undefined: none.
   * @internal
   */
  get running(): Promise<void> | undefined {
    return this.working;
  }

  private get canWork(): boolean {
    return this.queue.length > 0 && this.handler !== undefined && !this.halt.signal.aborted;
  }

  private work(): void {
    if (this.working === undefined && this.canWork) this.working = this.handleQueue();
  }

  private async handleQueue(): Promise<void> {
    if (this.options.earlier) await this.options.earlier;
    this.lastHandled = Math.max(this.lastHandled, this.options.handledUpTo());
    for (let failures = 0; this.canWork;) failures = await this.handleNext(failures);
    this.working = undefined;
  }

  /** Calls the handler with the next update. @returns how often it has failed with the update that comes next */
  private async handleNext(failures: number): Promise<number> {
    const { handler, queue } = this;
    const update = queue[0];
    if (update === undefined || handler === undefined) return 0;
    if (update.revision <= this.lastHandled) return this.settle(update);
    const { timeoutMs, attempts } = this.options.limits;
    try {
      await runHandler((signal) => handler(update, this, { signal }), timeoutMs);
    } catch (error) {
      if (error === loopLeft) return failures;
      this.options.onError(error, update);
      const isLate = error instanceof HandlerTimedOut;
      if (isLate || failures + 1 >= attempts)
        return this.settle(update, isLate ? 'handler_timed_out' : 'handler_failed');
      await sleep(backoffMs(failures), undefined, { signal: this.halt.signal }).catch(() => undefined);
      return failures + 1;
    }
    return this.settle(update);
  }

  /** An update is handled or skipped. If the instance no longer owns the session, a skipped update is left to the next owner. */
  private settle(update: Update, skipped?: SkipReason): 0 {
    if (skipped !== undefined && !this.isOpen) return 0;
    this.lastHandled = Math.max(this.lastHandled, update.revision);
    this.options.onHandled(this.lastHandled);
    if (!this.isOpen) return 0;
    this.queue.shift();
    this.options.acknowledge(update.revision, skipped);
    if (skipped !== undefined) this.options.onSkipped(update, skipped);
    return 0;
  }
}
