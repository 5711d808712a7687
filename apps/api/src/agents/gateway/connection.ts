import type { WebSocket } from 'ws';
import type { Attachment } from '../delivery/attachment.ts';
import type { Member } from '../registry/registry.ts';

/** Bytes that may wait for a reader before its updates wait in the stream instead. */
const highWater = 128 * 1024;
/** Bytes that no reader may owe us. */
const limit = 1_048_576;
/** Sessions of one instance that are read at the same time. */
const readsAtOnce = 4;

/** Why a connection is closed: WebSocket close codes. 4xxx are ours. */
export const closeCodes = {
  restarting: 1012,
  tryLater: 1013,
  badFrame: 4400,
  leaseOver: 4408,
  superseded: 4409,
  notReading: 4413,
} as const;

/** One instance's socket: what is sent, how much may wait, and which of its sessions have news. */
export class Connection {
  member: Member = { instance: '', pool: '', capacity: 0, conn: '', attempt: 0 };
  echo = false;
  /** There was a hello. */
  greeted = false;
  draining = false;
  lastHeard = Date.now();
  /** Up to when the registry knows that it lives. */
  renewed = 0;
  /** How often in a row the registry counted other sessions than we do. */
  mismatches = 0;
  /** When a ping was sent that is not answered yet. */
  pinged: number | undefined;
  /** What the instance asked for and is not done yet: each waits for the one before. */
  work: Promise<void> | undefined;
  waiting = 0;
  readonly attachments = new Map<string, Attachment>();
  private ready: Set<Attachment> | undefined;
  private reading = 0;

  /** @param pump reads a session's news and sends them; true when there are more. It never fails. */
  constructor(
    readonly socket: WebSocket,
    private readonly pump: (attachment: Attachment) => Promise<boolean>,
    private readonly onCutOff: (connection: Connection) => void,
  ) {}

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  get isKnown(): boolean {
    return this.member.conn !== '';
  }

  get hasRoom(): boolean {
    return this.socket.bufferedAmount < highWater;
  }

  /** Whether the instance owes an answer: it has not read, or not acknowledged, what was sent. */
  get owes(): boolean {
    if (this.socket.bufferedAmount > 0) return true;
    for (const attachment of this.attachments.values()) if (!attachment.settled) return true;
    return false;
  }

  /** Sends a frame; a reader that owes too much is cut off instead. */
  send(frame: object): void {
    if (!this.isOpen) return;
    if (this.socket.bufferedAmount > limit) {
      this.cutOff();
      return;
    }
    this.socket.send(JSON.stringify(frame), this.onWritten);
  }

  /** A reader that does not read: it may come back and go on from what it acknowledged. */
  cutOff(): void {
    this.onCutOff(this);
    this.socket.close(closeCodes.notReading, 'not reading');
    this.socket.terminate();
  }

  /** There are news for one of its sessions. */
  schedule(attachment: Attachment): void {
    if (attachment.busy) return;
    (this.ready ??= new Set()).add(attachment);
    this.deliver();
  }

  private readonly onWritten = (): void => {
    if (this.ready !== undefined) this.deliver();
  };

  private deliver(): void {
    while (this.reading < readsAtOnce && this.hasRoom && this.isOpen) {
      const next = this.ready?.values().next().value;
      if (next === undefined) return;
      this.ready?.delete(next);
      if (this.ready?.size === 0) this.ready = undefined;
      this.reading += 1;
      next.busy = true;
      void this.drive(next);
    }
  }

  private async drive(attachment: Attachment): Promise<void> {
    const more = await this.pump(attachment);
    attachment.busy = false;
    this.reading -= 1;
    if (more) (this.ready ??= new Set()).add(attachment);
    this.deliver();
  }
}
