import type { ServerResponse } from 'node:http';
import type { RecordedEvent } from '#domain';
import type { StreamNotification } from '#read-models';

const defaultHeartbeatMs = 15_000;
/** How long a reader may take to make room. */
const patienceMs = 30_000;
/** A lost wake is made up for with each of the heartbeats. */
const retryMs = 1_000;

/** One reader of a session's events: what it gets is read from the stream, as fast as it reads and no faster. */
export class SessionFeed {
  private target = -1;
  private running = false;
  private closed = false;
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly response: ServerResponse,
    private sent: number,
    private readonly read: (from: number) => AsyncIterable<RecordedEvent>,
    private readonly heartbeatMs = defaultHeartbeatMs,
  ) {}

  /** Begins, unless the reader is gone already. */
  start(): void {
    if (this.closed) return;
    this.heartbeat = setInterval(() => {
      if (this.response.writableNeedDrain) return;
      this.response.write(':\n\n');
      this.wake();
    }, this.heartbeatMs);
    this.response.write(`retry: ${retryMs}\n\n`);
    this.wake();
  }

  readonly onNotification = (wake: StreamNotification): void => {
    if (wake.last > this.sent) this.wake(wake.last);
  };

  end(): void {
    this.close();
    this.response.end();
  }

  close(): void {
    this.closed = true;
    clearInterval(this.heartbeat);
  }

  private wake(to = Number.MAX_SAFE_INTEGER): void {
    this.target = Math.max(this.target, to);
    if (this.running || this.closed || this.heartbeat === undefined) return;
    this.running = true;
    void this.run();
  }

  private async run(): Promise<void> {
    try {
      while (!this.closed && this.target > this.sent) {
        const before = this.sent;
        this.target = -1;
        for await (const event of this.read(this.sent + 1)) {
          if (this.closed || !(await this.write(event))) return;
        }
        if (this.sent > before) this.target = Number.MAX_SAFE_INTEGER;
      }
    } catch {
      setTimeout(() => this.wake(), retryMs).unref();
    } finally {
      this.running = false;
    }
  }

  /** False when the reader is gone, or was cut off since it does not read. */
  private async write(event: RecordedEvent): Promise<boolean> {
    const { event_id, type, revision, data, metadata } = event;
    const text = JSON.stringify({ event_id, type, revision, data, metadata });
    this.sent = revision;
    if (this.response.write(`id: ${revision}\nevent: ${type}\ndata: ${text}\n\n`)) return true;
    const room = await this.drained();
    if (!room) this.response.destroy();
    return room;
  }

  /** Waits until the reader has made room; false when it is gone or takes too long. */
  private drained(): Promise<boolean> {
    const { response } = this;
    return new Promise((resolve) => {
      const done = (room: boolean): void => {
        clearTimeout(timer);
        response.off('drain', onDrain).off('close', onClose);
        resolve(room);
      };
      const onDrain = (): void => done(true);
      const onClose = (): void => done(false);
      const timer = setTimeout(onClose, patienceMs);
      response.on('drain', onDrain).on('close', onClose);
    });
  }
}
