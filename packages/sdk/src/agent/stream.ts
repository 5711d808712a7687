import { setTimeout as sleep } from 'node:timers/promises';
import type { Deferred } from '../client/deferred.ts';
import { deferred } from '../client/deferred.ts';
import { backoffMs } from '../client/retry.ts';
import type { Session } from '../client/session.ts';

/** An event of a session that someone other than the agent caused. */
export interface Update {
  /** UUID of the session. */
  readonly session_id: string;
  /** The event's position in the session's stream, from 0. */
  readonly revision: number;
  readonly event: {
    /** UUID of the event: derive the keys of your commands from it. */
    readonly event_id: string;
    /** As `ExternalUpdateRecorded`, `InquiryClosed`, `TurnRecorded`, `HandoffAccepted`. */
    readonly type: string;
    readonly revision: number;
    readonly data: Readonly<Record<string, unknown>>;
    /** ISO 8601. */
    readonly occurred_at: string;
    /** Who caused it. */
    readonly actor: { readonly role: string; readonly id: string };
    readonly correlation_id: string;
    /** The W3C trace context of the request that led to it, if there was one. */
    readonly traceparent?: string;
  };
}

/**
 * Handles an update. When it is done the update is acknowledged; when it fails it is called again with the same update
 * after a pause, and the next ones wait.
 */
export type UpdateHandler = (update: Update, stream: AgentStream) => void | Promise<void>;

/** Why the instance no longer owns a session: it detached, another took the session, it is over, … */
export type StreamEnd = 'requested' | 'replaced' | 'drained' | 'lease_expired' | 'session_over' | 'closed';

/** An update in the hands of a loop: resolved when the loop asks for the next one. */
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
  readonly acknowledge: (revision: number) => void;
  readonly detach: () => void;
  readonly onHandled: (revision: number) => void;
  readonly onError: (error: unknown, update: Update) => void;
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
  private readonly queue: Update[] = [];
  private handler: UpdateHandler | undefined;
  private isWorking = false;
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

  /** Sets the handler of the updates, in place of the agent's own. Updates that wait come first. */
  onUpdate(handler: UpdateHandler): this {
    this.handler = handler;
    void this.work();
    return this;
  }

  /**
   * The updates one by one. Each is acknowledged when the loop asks for the next. If the loop is left, the current
   * update goes to the next handler first. Ends with the stream.
   */
  async *updates(): AsyncGenerator<Update, void> {
    let current: LoopItem | undefined;
    let arrival = deferred<void>();
    this.onUpdate((update) => {
      current = { update, handled: deferred<void>() };
      arrival.resolve();
      return current.handled.promise;
    });
    const onEnd = (): void => arrival.resolve();
    this.stop.signal.addEventListener('abort', onEnd, { once: true });
    const next = async (): Promise<LoopItem | undefined> => {
      if (current === undefined && this.isOpen) await arrival.promise;
      return this.isOpen ? current : undefined;
    };
    try {
      for (let item = await next(); item; item = await next()) {
        yield item.update;
        current = undefined;
        arrival = deferred<void>();
        item.handled.resolve();
      }
    } finally {
      this.stop.signal.removeEventListener('abort', onEnd);
      this.handler = undefined;
      current?.handled.reject(loopLeft);
    }
  }

  /** Gives the session back; no other instance gets it. Resolves when that is done. */
  async detach(): Promise<void> {
    if (this.isOpen) this.options.detach();
    await this.ended;
  }

  /**
   * Queues an update that arrived. One that was received before is not shown again.
   * @internal
   */
  receive(update: Update): void {
    if (update.revision <= this.lastHandled) this.options.acknowledge(this.lastHandled);
    if (update.revision <= this.lastReceived) return;
    this.lastReceived = update.revision;
    this.queue.push(update);
    void this.work();
  }

  /**
   * The instance still owns the session, perhaps under a new epoch.
   * @internal
   */
  renew(epoch: number): void {
    this.currentEpoch = epoch;
  }

  /**
   * The instance no longer owns the session. Updates that were not handled are left to the next owner.
   * @internal
   */
  finish(reason: StreamEnd): void {
    if (!this.isOpen) return;
    this.stop.abort();
    this.queue.length = 0;
    this.ending.resolve(reason);
  }

  private async work(): Promise<void> {
    if (this.isWorking) return;
    this.isWorking = true;
    let failures = 0;
    for (let update = this.queue[0]; update && this.handler && this.isOpen; update = this.queue[0]) {
      try {
        await this.handler(update, this);
      } catch (error) {
        if (error === loopLeft) continue;
        this.options.onError(error, update);
        await sleep(backoffMs(failures), undefined, { signal: this.stop.signal }).catch(() => undefined);
        failures += 1;
        continue;
      }
      failures = 0;
      this.lastHandled = update.revision;
      this.options.onHandled(update.revision);
      if (!this.isOpen) break;
      this.queue.shift();
      this.options.acknowledge(update.revision);
    }
    this.isWorking = false;
  }
}
