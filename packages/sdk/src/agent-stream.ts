import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from './deferred.ts';
import { delayMs } from './retry.ts';
import type { Session } from './session.ts';

/** Something that happened in a session, and that the agent has not done itself. */
export interface Update {
  readonly session_id: string;
  readonly revision: number;
  readonly event: {
    readonly event_id: string;
    /** As `ExternalUpdateRecorded`, `InquiryClosed`, `TurnRecorded`, `HandoffAccepted`. */
    readonly type: string;
    readonly revision: number;
    readonly data: Readonly<Record<string, unknown>>;
    readonly occurred_at: string;
    readonly actor: { readonly role: string; readonly id: string };
    readonly correlation_id: string;
  };
}

/**
 * Deals with an update. When it is done the update is acknowledged; when it fails it is called again with the same
 * update after a pause, and the next ones wait.
 */
export type UpdateHandler = (update: Update, stream: AgentStream) => void | Promise<void>;

/** Why the instance holds a session no more: it gave it back, another took it, it is over, … */
export type StreamEnd = 'requested' | 'replaced' | 'drained' | 'lease_expired' | 'session_over' | 'closed';

/** An update that a loop deals with. */
interface Turn {
  readonly update: Update;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A loop over the updates was left. */
const left = new Error('The loop was left.');

export interface StreamWires {
  readonly acknowledge: (revision: number) => void;
  readonly detach: () => void;
  readonly onHandled: (revision: number) => void;
  readonly onError: (error: unknown, update: Update) => void;
}

/** One session that the instance holds: its updates, in order and each once, and the means to act in it. */
export class AgentStream {
  /** Commands through this object carry the epoch: they are refused once another instance holds the session. */
  readonly session: Session;
  /** Resolves when the instance holds the session no more, with the reason. */
  readonly ended: Promise<StreamEnd>;
  private handler: UpdateHandler | undefined;
  private readonly queue: Update[] = [];
  private working = false;
  private end: (reason: StreamEnd) => void = () => undefined;
  private readonly stop = new AbortController();
  private seen: number;
  private handled: number;

  constructor(
    readonly sessionId: string,
    session: Session,
    private current: { readonly epoch: number; readonly after: number },
    private readonly wires: StreamWires,
  ) {
    this.session = session;
    this.seen = current.after;
    this.handled = current.after;
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  /** The epoch under which the session is held. */
  get epoch(): number {
    return this.current.epoch;
  }

  /** The last update that was dealt with; -1: none. */
  get handledRevision(): number {
    return this.handled;
  }

  get isOpen(): boolean {
    return !this.stop.signal.aborted;
  }

  /** Sets what deals with the updates, in place of the agent's own handler. Those that wait come first. */
  onUpdate(handler: UpdateHandler): this {
    this.handler = handler;
    void this.work();
    return this;
  }

  /**
   * The updates one by one. Each is acknowledged when the next is asked for; one after which the loop is left comes
   * first to the next handler. Ends with the stream.
   */
  async *updates(): AsyncGenerator<Update, void> {
    let current: Turn | undefined;
    let wake: (() => void) | undefined;
    this.onUpdate((update) => {
      const { promise, resolve, reject } = deferred<void>();
      current = { update, resolve, reject };
      wake?.();
      return promise;
    });
    const turn = async (): Promise<Turn | undefined> => {
      const arrival = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (current === undefined) await Promise.race([arrival, this.ended]);
      return this.isOpen ? current : undefined;
    };
    try {
      for (let item = await turn(); item; item = await turn()) {
        yield item.update;
        current = undefined;
        item.resolve();
      }
    } finally {
      this.handler = undefined;
      current?.reject(left);
    }
  }

  /** Gives the session back: nobody else gets it. */
  async detach(): Promise<void> {
    if (this.isOpen) this.wires.detach();
    await this.ended;
  }

  /** For the agent: an update has arrived. One that was seen is not shown again. */
  receive(update: Update): void {
    if (update.revision <= this.handled) this.wires.acknowledge(this.handled);
    if (update.revision <= this.seen) return;
    this.seen = update.revision;
    this.queue.push(update);
    void this.work();
  }

  /** For the agent: the session is held on, perhaps under a new epoch. */
  renew(epoch: number): void {
    this.current = { ...this.current, epoch };
  }

  /** For the agent: the session is held no more. What was not dealt with yet is left to the next holder. */
  finish(reason: StreamEnd): void {
    if (!this.isOpen) return;
    this.stop.abort();
    this.queue.length = 0;
    this.end(reason);
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    let failures = 0;
    for (let update = this.queue[0]; update && this.handler && this.isOpen; update = this.queue[0]) {
      try {
        await this.handler(update, this);
      } catch (error) {
        if (error === left) continue;
        this.wires.onError(error, update);
        await sleep(delayMs(failures), undefined, { signal: this.stop.signal }).catch(() => undefined);
        failures += 1;
        continue;
      }
      failures = 0;
      this.handled = update.revision;
      this.wires.onHandled(update.revision);
      if (!this.isOpen) break;
      this.queue.shift();
      this.wires.acknowledge(update.revision);
    }
    this.working = false;
  }
}
