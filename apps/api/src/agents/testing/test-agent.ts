import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { waitUntil } from '#platform';

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

const heartbeatMs = 300;

/** An agent instance that speaks the protocol's frames by hand; for specs. */
export class TestAgent {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  /** The close code, once the connection is closed. */
  closed: number | undefined;
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    url: string,
    readonly instance = `agent-${randomUUID().slice(0, 8)}`,
    { token, query = '' }: { readonly token?: string; readonly query?: string } = {},
  ) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/v1/agents${query}`, { headers });
    this.socket.on('message', (data) => {
      this.frames.push(JSON.parse((data as Buffer).toString()) as Frame);
    });
    this.socket.on('close', (code) => {
      this.closed = code;
      clearInterval(this.heartbeat);
    });
    this.socket.on('error', () => undefined);
    this.heartbeat = setInterval(() => this.send({ type: 'heartbeat' }), heartbeatMs);
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open');
    return this;
  }

  send(frame: object): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  async hello(pool: string, options: object = {}): Promise<this> {
    await this.opened();
    this.send({ type: 'hello', instance: this.instance, pool, capacity: 10, ...options });
    await this.next((frame) => frame.type === 'welcome');
    return this;
  }

  /** Attaches a session; resolves to the epoch. */
  async attach(session_id: string, options: object = {}): Promise<number> {
    this.send({ type: 'attach', session_id, ...options });
    const isAttached = (frame: Frame): boolean =>
      frame.type === 'attached' && frame.session_id === session_id;
    return Number((await this.next(isAttached)).epoch);
  }

  ack(session_id: string, revision: number): void {
    this.send({ type: 'ack', session_id, revision });
  }

  /** The first matching frame, including frames received earlier. @throws when the connection closes first */
  async next(matches: (frame: Frame) => boolean): Promise<Frame> {
    const found = (): Frame | undefined => this.frames.find(matches);
    const isOver = (): boolean => found() !== undefined || this.closed !== undefined;
    try {
      await waitUntil(isOver, { what: `a frame for ${this.instance}`, everyMs: 5 });
    } catch (cause) {
      throw new Error(`There were only ${JSON.stringify(this.frames)}.`, { cause });
    }
    const frame = found();
    if (frame) return frame;
    throw new Error(`The connection was closed with ${this.closed} after ${JSON.stringify(this.frames)}.`);
  }

  /** Waits until the connection is closed; resolves to the close code. */
  async closeCode(): Promise<number> {
    await waitUntil(() => this.closed !== undefined, { what: `the end of ${this.instance}’s connection` });
    return Number(this.closed);
  }

  updates(session_id: string): Frame[] {
    return this.frames.filter((frame) => frame.type === 'update' && frame.session_id === session_id);
  }

  /** Waits for a number of updates of a session; resolves to their revisions. */
  async updateRevisions(session_id: string, count: number): Promise<(number | undefined)[]> {
    const what = `${count} updates for ${this.instance}`;
    await waitUntil(() => this.updates(session_id).length >= count, { what, everyMs: 5 });
    return this.updates(session_id).map(({ revision }) => revision);
  }

  stopHeartbeat(): void {
    clearInterval(this.heartbeat);
  }

  /** Like kill -9: the connection ends without a close frame. */
  kill(): void {
    clearInterval(this.heartbeat);
    this.socket.terminate();
  }

  /** Like SIGSTOP: the connection stays open, nothing is read or sent. */
  hang(): void {
    clearInterval(this.heartbeat);
    this.socket.pause();
  }

  /** Sends heartbeats, but does not read. */
  stopReading(): void {
    this.socket.pause();
  }
}
