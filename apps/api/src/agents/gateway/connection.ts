import type { WebSocket } from 'ws';
import type { Caller } from '#privacy';
import { openCaller } from '#privacy';
import type { Attachment, Outlet } from '../delivery/attachment.ts';
import type { Member } from '../registry/registry.ts';
import { ReadQueue } from './read-queue.ts';

/** Bytes buffered for a reader beyond which its updates wait in the stream. */
const highWater = 128 * 1024;
/** Bytes buffered for a reader, at most. */
const bufferLimit = 1_048_576;
/** Frames of one connection that may wait for earlier ones. */
const queueLimit = 10_000;
/** The connection is closed at this check after a ping, if the ping is still unanswered. */
const pingPatience = 2;
/** How often in a row the registry's count of sessions may differ from the connection's. */
const mismatchLimit = 2;

const unknown: Member = { instance: '', pool: '', capacity: 0, conn: '', attempt: 0 };

/** WebSocket close codes. 4xxx are Turnstream's own. */
export const closeCodes = {
  restarting: 1012,
  tryLater: 1013,
  badFrame: 4400,
  unauthenticated: 4401,
  forbidden: 4403,
  leaseOver: 4408,
  superseded: 4409,
  notReading: 4413,
} as const;

/** The used part of a WebSocket. */
export type Socket = Pick<
  WebSocket,
  'OPEN' | 'readyState' | 'bufferedAmount' | 'send' | 'ping' | 'close' | 'terminate'
>;

/**
 * One instance's socket: sends frames, limits the buffered bytes, and tracks which of its sessions have to be read.
 */
export class Connection implements Outlet {
  private identity = unknown;
  private ownEvents = false;
  private greeted = false;
  private draining = false;
  /** When the last frame was received (ms). Times are those of the monotonic clock: the other may be set back. */
  private aliveAt = performance.now();
  /** Until when the registry knows that the instance is alive (ms). */
  private renewedAt = 0;
  private mismatches = 0;
  /** Checks since an unanswered ping; 0: none is unanswered. */
  private pingChecks = 0;
  /** The processing of the instance's frames: each waits for the previous one. */
  private work: Promise<void> | undefined;
  private queued = 0;
  private readonly owned = new Map<string, Attachment>();
  private readonly reads: ReadQueue;

  /**
   * @param deliver reads and sends a session's new events; resolves to whether there is more, never rejects
   * @param onSlowReader called before the connection is closed because the instance does not read
   * @param caller whose token opened the connection
   */
  constructor(
    private readonly socket: Socket,
    deliver: (attachment: Attachment) => Promise<boolean>,
    private readonly onSlowReader: (connection: Connection) => void,
    readonly caller: Caller = openCaller,
  ) {
    this.reads = new ReadQueue(deliver, () => this.isOpen && this.hasRoom);
  }

  get member(): Member {
    return this.identity;
  }

  get includeOwnEvents(): boolean {
    return this.ownEvents;
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** Whether the registry knows the instance with this connection. */
  get isKnown(): boolean {
    return this.identity !== unknown;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  get hasRoom(): boolean {
    return this.socket.bufferedAmount < highWater;
  }

  /** Whether the instance has not read, or not acknowledged, something that was sent. */
  get hasUnacknowledged(): boolean {
    if (this.socket.bufferedAmount > 0) return true;
    for (const attachment of this.owned.values()) if (attachment.hasUnacknowledged) return true;
    return false;
  }

  get attachmentCount(): number {
    return this.owned.size;
  }

  get attachments(): Iterable<Attachment> {
    return this.owned.values();
  }

  attachment(sessionId: string): Attachment | undefined {
    return this.owned.get(sessionId);
  }

  /** Sends a frame. Disconnects a reader with too much buffered data instead. */
  send(frame: object): void {
    if (!this.isOpen) return;
    if (this.socket.bufferedAmount > bufferLimit) this.cutOff();
    else this.socket.send(JSON.stringify(frame), this.onWritten);
  }

  /** Whether a hello was accepted. */
  get isGreeted(): boolean {
    return this.greeted;
  }

  /** Accepts the first hello; false for any other. */
  acceptHello(): boolean {
    const first = !this.greeted;
    this.greeted = true;
    return first;
  }

  /** The registry has registered the instance. */
  welcome(member: Member, includeOwnEvents: boolean): void {
    this.identity = member;
    this.ownEvents = includeOwnEvents;
  }

  /** Handles a frame after earlier ones; false when too many wait. `work` never rejects. */
  enqueue(work: () => Promise<void>): boolean {
    if (this.queued >= queueLimit) return false;
    this.queued += 1;
    const run = async (): Promise<void> => {
      await work();
      this.queued -= 1;
      if (this.queued === 0) this.work = undefined;
    };
    this.work = this.work === undefined ? run() : this.work.then(run);
    return true;
  }

  /** The instance hands over all its sessions and takes no new ones. */
  startDraining(): void {
    this.draining = true;
  }

  /** Notifies a draining instance once it has no sessions left. */
  confirmDrained(): void {
    if (this.draining && this.owned.size === 0) this.send({ type: 'drained' });
  }

  attach(attachment: Attachment): void {
    this.owned.set(attachment.sessionId, attachment);
  }

  detach(attachment: Attachment): void {
    if (this.owned.get(attachment.sessionId) !== attachment) return;
    this.owned.delete(attachment.sessionId);
    this.confirmDrained();
  }

  /** A frame was received, so the instance is alive. */
  markAlive(): void {
    this.aliveAt = performance.now();
  }

  /** Whole milliseconds until the instance's lease ends. @param now by `performance.now()` */
  leaseLeftMs(leaseMs: number, now: number): number {
    return Math.ceil(this.aliveAt + leaseMs - now);
  }

  /** Whether the instance has sent a frame since its lease was last renewed. */
  get needsRenewal(): boolean {
    return this.isKnown && this.aliveAt > this.renewedAt;
  }

  markRenewed(now: number): void {
    this.renewedAt = now;
  }

  /** Compares the sessions with the registry's count; false when they differ for the third time in a row. */
  agreesWith(count: number): boolean {
    this.mismatches = count === this.owned.size ? 0 : this.mismatches + 1;
    if (this.mismatches <= mismatchLimit) return true;
    this.mismatches = 0;
    return false;
  }

  /**
   * Pings an instance that has not acknowledged everything, and disconnects it if the ping is unanswered for the next
   * two checks. A client answers a ping only if it reads, so this detects slow readers however much the kernels
   * buffer.
   */
  checkReader(): void {
    if (this.pingChecks > 0) {
      this.pingChecks += 1;
      if (this.pingChecks > pingPatience) this.cutOff();
    } else if (this.isOpen && this.hasUnacknowledged) {
      this.pingChecks = 1;
      this.socket.ping();
    }
  }

  /** The ping was answered. */
  receivePong(): void {
    this.pingChecks = 0;
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  /** Closes without waiting for an answer. */
  terminate(code: number, reason: string): void {
    this.socket.close(code, reason);
    this.socket.terminate();
  }

  /** A frame that cannot be understood ends the connection: later frames cannot be trusted. */
  refuse(detail: string): void {
    this.send({ type: 'error', code: 'bad_frame', detail });
    this.close(closeCodes.badFrame, detail.slice(0, 100));
  }

  /** The token does not allow the connection. */
  forbid(detail: string): void {
    this.send({ type: 'error', code: 'forbidden', detail });
    this.close(closeCodes.forbidden, detail.slice(0, 100));
  }

  schedule(attachment: Attachment): void {
    this.reads.schedule(attachment);
  }

  /** Disconnects an instance that does not read. It may reconnect and resume from its last acknowledgement. */
  private cutOff(): void {
    this.onSlowReader(this);
    this.terminate(closeCodes.notReading, 'not reading');
  }

  private readonly onWritten = (): void => this.reads.readNext();
}
