import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface Frame {
  readonly type: string;
  readonly session_id?: string;
  readonly epoch?: number;
  readonly revision?: number;
  readonly reason?: string;
  readonly code?: string;
  readonly event?: {
    readonly type: string;
    readonly revision: number;
    readonly data: Record<string, unknown>;
  };
  readonly [member: string]: unknown;
}

/** An agent instance that speaks the protocol's frames by hand; for specs. */
export class SpecAgent {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  closed: number | undefined;
  private readonly timer: NodeJS.Timeout;
  private waiters: (() => void)[] = [];

  constructor(
    url: string,
    readonly instance = `agent-${randomUUID().slice(0, 8)}`,
    heartbeatMs = 300,
  ) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/v1/agents`);
    this.socket.on('message', (data) => {
      this.frames.push(JSON.parse((data as Buffer).toString()) as Frame);
      this.wake();
    });
    this.socket.on('close', (code) => {
      this.closed = code;
      clearInterval(this.timer);
      this.wake();
    });
    this.socket.on('error', () => undefined);
    this.timer = setInterval(() => this.send({ type: 'heartbeat' }), heartbeatMs);
  }

  send(frame: object): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  async hello(pool: string, options: object = {}): Promise<this> {
    await once(this.socket, 'open');
    this.send({ type: 'hello', instance: this.instance, pool, capacity: 10, ...options });
    await this.next((frame) => frame.type === 'welcome');
    return this;
  }

  /** Attaches a session; gives the epoch. */
  async attach(session_id: string, options: object = {}): Promise<number> {
    this.send({ type: 'attach', session_id, ...options });
    const { epoch } = await this.next(
      (frame) => frame.type === 'attached' && frame.session_id === session_id,
    );
    return Number(epoch);
  }

  ack(session_id: string, revision: number): void {
    this.send({ type: 'ack', session_id, revision });
  }

  /** The first frame that matches, also one that came already. */
  async next(matches: (frame: Frame) => boolean, timeoutMs = 8_000): Promise<Frame> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const found = this.frames.find(matches);
      if (found) return found;
      if (Date.now() > end) throw new Error(`No such frame; there were ${JSON.stringify(this.frames)}`);
      await this.change(end - Date.now());
    }
  }

  async isClosed(): Promise<number> {
    while (this.closed === undefined) await this.change(10_000);
    return this.closed;
  }

  updates(session_id: string): Frame[] {
    return this.frames.filter((frame) => frame.type === 'update' && frame.session_id === session_id);
  }

  /** As kill -9: no word to anybody. */
  kill(): void {
    clearInterval(this.timer);
    this.socket.terminate();
  }

  /** As SIGSTOP: the connection stays, nothing is read or sent any more. */
  hang(): void {
    clearInterval(this.timer);
    this.socket.pause();
  }

  private change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private wake(): void {
    const { waiters } = this;
    this.waiters = [];
    for (const waiter of waiters) waiter();
  }
}
