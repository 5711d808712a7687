import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { RecordedEvent } from '#domain';
import { repeat, sleep } from '#platform';
import type { StreamNotification } from '#read-models';

const defaultTimes = {
  heartbeatMs: 15_000,
  /** How long a blocked reader may take to make room, in milliseconds. */
  patienceMs: 30_000,
};
/** Retry pause, in milliseconds: of a reader before it reconnects, and of a failed read of the stream. */
const retryMs = 1_000;

/** Thrown by a read whose partner no longer shows its data to the reader. */
export class PartnerClosedError extends Error {}

/** One reader of a session's events: reads the stream at the pace of the reader. */
export class SessionFeed {
  private target = -1;
  private started = false;
  private running = false;
  private readonly closing = new AbortController();

  /**
   * @param sent the revision after which the reader begins
   * @param read reads the stream's next events from a revision on
   */
  constructor(
    private readonly response: ServerResponse,
    private sent: number,
    private readonly read: (from: number) => AsyncIterable<RecordedEvent>,
    private readonly times = defaultTimes,
  ) {}

  /** Begins, unless the reader has already disconnected. */
  start(): void {
    if (this.closing.signal.aborted) return;
    this.started = true;
    this.response.write(`retry: ${retryMs}\n\n`);
    this.readTo();
    const { signal } = this.closing;
    void repeat(() => this.keepAlive(), {
      everyMs: this.times.heartbeatMs,
      signal,
      onError: () => undefined,
    });
  }

  readonly onNotification = ({ last }: StreamNotification): void => {
    if (last > this.sent) this.readTo(last);
  };

  /** Ends the response: the reader reconnects to another node. */
  end(): void {
    this.close();
    this.response.end();
  }

  /** The reader has disconnected. */
  close(): void {
    this.closing.abort();
  }

  /** A comment keeps the connection alive; the read that follows makes up for a lost notification. */
  private keepAlive(): void {
    if (this.response.writableNeedDrain) return;
    this.response.write(':\n\n');
    this.readTo();
  }

  private readTo(revision = Number.MAX_SAFE_INTEGER): void {
    this.target = Math.max(this.target, revision);
    if (this.running || !this.started || this.closing.signal.aborted) return;
    this.running = true;
    void this.run();
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    try {
      while (!signal.aborted && this.target > this.sent) {
        const before = this.sent;
        this.target = -1;
        for await (const event of this.read(this.sent + 1)) {
          if (signal.aborted || !(await this.write(event))) return;
        }
        if (this.sent > before) this.target = Number.MAX_SAFE_INTEGER;
      }
    } catch (error) {
      if (error instanceof PartnerClosedError) this.end();
      else void this.retry();
    } finally {
      this.running = false;
    }
  }

  private async retry(): Promise<void> {
    await sleep(retryMs, this.closing.signal);
    this.readTo();
  }

  /** False when the reader has disconnected, or was disconnected because it does not read. */
  private async write(event: RecordedEvent): Promise<boolean> {
    const { event_id, type, revision, data, metadata } = event;
    const text = JSON.stringify({ event_id, type, revision, data, metadata });
    this.sent = revision;
    if (this.response.write(`id: ${revision}\nevent: ${type}\ndata: ${text}\n\n`)) return true;
    const hasRoom = await this.drained();
    if (!hasRoom) this.response.destroy();
    return hasRoom;
  }

  /** Waits until the reader has made room; false when it has disconnected or takes too long. */
  private async drained(): Promise<boolean> {
    const signal = AbortSignal.any([this.closing.signal, AbortSignal.timeout(this.times.patienceMs)]);
    try {
      await once(this.response, 'drain', { signal });
      return true;
    } catch {
      return false;
    }
  }
}
