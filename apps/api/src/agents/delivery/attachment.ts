import type { AcknowledgedUpdate, RecordedEvent } from '#domain';
import { isAgentEvent, isUpdateFor } from '#domain';
import type { Caller } from '#privacy';
import type { StreamNotification } from '#read-models';
import type { Member } from '../registry/registry.ts';
import { updateFrame } from './update-frame.ts';

/** An update that the instance has not acknowledged yet. */
interface Sent {
  readonly revision: number;
  readonly occurredAt: number;
}

/** The owner's connection, as delivery uses it; the gateway's `Connection` is one. */
export interface Outlet {
  readonly member: Member;
  /** The caller whose token opened the connection. */
  readonly caller?: Caller;
  /** Whether the instance is sent its own events too. */
  readonly includeOwnEvents: boolean;
  readonly isOpen: boolean;
  /** Whether more may be sent; if not, updates wait in their streams. */
  readonly hasRoom: boolean;
  send(frame: object): void;
  /** Reads the attachment's stream, as soon as there is room for its updates. */
  schedule(attachment: Attachment): void;
  attach(attachment: Attachment): void;
  detach(attachment: Attachment): void;
}

/** Unacknowledged updates of one session in flight; further ones wait in the stream. */
const windowSize = 64;

const endOfSession: ReadonlySet<string> = new Set(['SessionEnded', 'SessionExpired', 'SessionErased']);

/** The result of receiving an event: no update, an update that was sent, or the end of the ownership. */
type Received = 'skipped' | 'sent' | { readonly lostBy: RecordedEvent };

/** A read of the stream in progress. */
interface Reading {
  readonly from: number;
  readonly target: number;
}

/** A session whose owner is connected to this node. Memory holds only its progress. */
export class Attachment {
  /** The last revision that was read: updates up to it are sent, the other events skipped. */
  private readTo: number;
  /** The latest revision that the stream is known to have. */
  private target: number;
  private sent: Sent[] | undefined;
  /** Acknowledged by the instance, not yet in the stream. */
  private acks: AcknowledgedUpdate[] | undefined;
  private closed = false;
  private handoffRequested = false;
  private reading = false;
  /** The stream has to be read to its end, since `target` may be outdated. */
  private readToEnd = true;

  /**
   * @param handled updates up to here were handled on an earlier connection, which may have broken before the
   * acknowledgement was in the stream
   * @param overAt a revision at which the session is over, as far as is known: the event that says so may not be read
   * again
   */
  constructor(
    readonly sessionId: string,
    private readonly connection: Outlet,
    readonly epoch: number,
    after: number,
    private readonly handled = after,
    private overAt = Infinity,
  ) {
    this.readTo = after;
    this.target = after;
  }

  get instance(): string {
    return this.connection.member.instance;
  }

  get caller(): Caller | undefined {
    return this.connection.caller;
  }

  get pool(): string {
    return this.connection.member.pool;
  }

  get isConnected(): boolean {
    return this.connection.isOpen;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  get isReading(): boolean {
    return this.reading;
  }

  /** The last revision that was read. */
  get position(): number {
    return this.readTo;
  }

  /** Whether the next update may be sent. */
  get hasRoom(): boolean {
    return !this.windowIsFull && this.connection.hasRoom;
  }

  get hasAcks(): boolean {
    return this.acks !== undefined;
  }

  /** Whether an update is not acknowledged, or its acknowledgement is not in the stream yet. */
  get hasUnacknowledged(): boolean {
    return this.sent !== undefined || this.acks !== undefined;
  }

  /** Whether the session is over and everything is read, delivered and acknowledged. */
  get isFinished(): boolean {
    const isPending = this.reading || this.hasUnread || this.hasUnacknowledged;
    return this.readTo >= this.overAt && !isPending && !this.closed;
  }

  /**
   * Called when the stream has grown. Events that do not concern the owner are skipped without a read, unless the
   * session is over: then the read releases it.
   */
  readonly onNotification = ({ first, last, quiet }: StreamNotification): void => {
    if (this.closed || last <= this.readTo) return;
    const skips = quiet && !this.connection.includeOwnEvents && this.overAt === Infinity;
    if (skips && first <= this.readTo + 1 && this.target <= this.readTo) {
      this.readTo = last;
      this.target = last;
      return;
    }
    this.target = Math.max(this.target, last);
    this.connection.schedule(this);
  };

  /** Schedules a read of the stream to its end. */
  readAgain(): void {
    this.readToEnd = true;
    this.connection.schedule(this);
  }

  /** Begins a read; undefined when nothing more may be sent. */
  startReading(): Reading | undefined {
    if (this.closed || this.windowIsFull) return undefined;
    this.reading = true;
    this.readToEnd = false;
    return { from: this.readTo + 1, target: this.target };
  }

  /**
   * Ends a read.
   * @param complete whether it reached the end of the stream and everything could be sent
   * @returns whether there is more to read
   */
  finishReading({ target }: Reading, complete: boolean): boolean {
    this.reading = false;
    if (!complete) this.readToEnd = true;
    else if (this.target === target) this.target = this.readTo;
    return this.hasUnread && !this.windowIsFull;
  }

  /**
   * Whether events that this process has just appended follow the position directly, so that the stream need not be
   * read.
   */
  follows(events: readonly RecordedEvent[]): boolean {
    return events[0]?.revision === this.readTo + 1 && !this.reading && !this.hasUnread && this.hasRoom;
  }

  /** Receives the next event of the stream: sends it if it is an update for the owner. */
  receive(event: RecordedEvent): Received {
    if (event.revision <= this.readTo) return 'skipped';
    this.readTo = event.revision;
    this.target = Math.max(this.target, this.readTo);
    if (event.type === 'AgentAttached' && event.data.epoch > this.epoch) return { lostBy: event };
    if (event.type === 'AgentDetached' && event.data.epoch === this.epoch) return { lostBy: event };
    if (endOfSession.has(event.type)) this.overAt = event.revision;
    if (!this.isUpdate(event)) return 'skipped';
    const sent = { revision: event.revision, occurredAt: Date.parse(event.metadata.occurred_at) };
    const isLast = event.type === 'SessionMoved';
    if (event.revision <= this.handled && !isLast) {
      this.keepAcks([sent]);
      return 'skipped';
    }
    (this.sent ??= []).push(sent);
    this.connection.send(updateFrame(this, event));
    return isLast ? { lostBy: event } : 'sent';
  }

  /**
   * The instance handled the updates up to a revision, or `skipped` the last one; false when none of them waits for
   * an acknowledgement.
   */
  acknowledge(revision: number, skipped?: string): boolean {
    const acknowledged = this.sent?.filter((item) => item.revision <= revision) ?? [];
    if (acknowledged.length === 0) return false;
    const wasFull = this.windowIsFull;
    const rest = this.sent?.slice(acknowledged.length) ?? [];
    this.sent = rest.length > 0 ? rest : undefined;
    this.keepAcks(acknowledged, skipped);
    if (wasFull) this.connection.schedule(this);
    return true;
  }

  /** The acknowledgements to write next, oldest first. */
  nextAcks(limit: number): readonly AcknowledgedUpdate[] {
    return this.acks?.slice(0, limit) ?? [];
  }

  /** Acknowledgements up to `upTo` are in the stream, at `revision`. */
  acksWritten(upTo: number, revision: number): void {
    const rest = this.acks?.filter((item) => item.revision > upTo) ?? [];
    this.acks = rest.length > 0 ? rest : undefined;
    if (this.closed) return;
    this.connection.send({ type: 'acknowledged', session_id: this.sessionId, up_to: upTo, revision });
  }

  /** The stream refuses the acknowledgements. Its events say why, so it is read. */
  acksRejected(): void {
    this.acks = undefined;
    this.readAgain();
  }

  /** When the oldest update occurred (ms) that the instance has not acknowledged. */
  get oldestUnacknowledged(): number | undefined {
    return this.sent?.[0]?.occurredAt;
  }

  /** Whether a handoff is due: an update that occurred before a time (ms) is still unacknowledged. */
  needsHandoff(before: number): boolean {
    const oldest = this.oldestUnacknowledged;
    return oldest !== undefined && oldest <= before && !this.handoffRequested;
  }

  /** A handoff was requested; it is requested only once. */
  markHandoffRequested(): void {
    this.handoffRequested = true;
  }

  /** Begins the delivery. */
  open(): void {
    this.connection.attach(this);
  }

  /** Ends the delivery. If a reason is given, it is sent to the instance. */
  close(reason?: string, more: object = {}): void {
    if (this.closed) return;
    this.closed = true;
    const { sessionId: session_id, epoch } = this;
    if (reason !== undefined) this.connection.send({ type: 'detached', session_id, epoch, reason, ...more });
    this.connection.detach(this);
  }

  private get windowIsFull(): boolean {
    return (this.sent?.length ?? 0) >= windowSize;
  }

  private get hasUnread(): boolean {
    return !this.closed && (this.readToEnd || this.target > this.readTo);
  }

  private isUpdate(event: RecordedEvent): boolean {
    if (this.connection.includeOwnEvents) return !isAgentEvent(event.type);
    return isUpdateFor({ instance: this.instance, epoch: this.epoch }, event);
  }

  private keepAcks(acknowledged: readonly Sent[], skipped?: string): void {
    const now = Date.now();
    const last = acknowledged.at(-1);
    for (const item of acknowledged) {
      const ack = { revision: item.revision, latency_ms: Math.max(0, now - item.occurredAt) };
      (this.acks ??= []).push(item === last && skipped !== undefined ? { ...ack, skipped } : ack);
    }
  }
}
