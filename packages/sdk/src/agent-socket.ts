import { WebSocket } from 'ws';
import { delayMs } from './retry.ts';

/** A frame of the protocol of `WS /v1/agents`. */
export interface Frame {
  readonly type: string;
  readonly [member: string]: unknown;
}

export interface AgentSocketOptions {
  /** Addresses of the api's nodes, or of the load balancer before them. */
  readonly urls: readonly string[];
  /** The first frame of each connection: it tells which sessions are held. */
  readonly hello: () => Frame;
  readonly onFrame: (frame: Frame) => void;
  /** Told when the connection is there again, and of which address it is. */
  readonly onConnected: (url: string) => void;
  /** Told when the connection ends for good: another process uses the same instance id. */
  readonly onSuperseded: () => void;
  /** Told when the connection ends for good: the api cannot understand what it was sent. */
  readonly onRefused: (detail: string) => void;
}

const badFrame = 4400;
const superseded = 4409;
/** Until the api has said how long a lease is. */
const defaultLeaseMs = 5_000;
/** A node that hangs takes connections and says nothing. */
const handshakeMs = 1_500;

/**
 * A connection that comes back by itself, with back-off and jitter, to the next address each time. One on which two
 * heartbeats have no answer counts as dead, in time to come back before the lease is over.
 */
export class AgentSocket {
  private socket: WebSocket | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private tries = 0;
  private heard = 0;
  private closed = false;

  constructor(private readonly options: AgentSocketOptions) {
    this.tries = Math.floor(Math.random() * options.urls.length);
  }

  connect(): void {
    if (this.closed) return;
    const { urls, hello, onConnected } = this.options;
    const url = urls[this.tries % urls.length] ?? '';
    this.tries += 1;
    const address = `${url.replace(/^http/, 'ws').replace(/\/$/, '')}/v1/agents`;
    const socket = new WebSocket(address, { perMessageDeflate: false, handshakeTimeout: handshakeMs });
    this.socket = socket;
    this.watch(defaultLeaseMs / 3);
    socket.on('open', () => socket.send(JSON.stringify(hello())));
    socket.on('message', (data) => {
      this.heard = performance.now();
      const frame = parse((data as Buffer).toString());
      // Not our protocol, or something between has spoilt it: the next connection may be better.
      if (frame === undefined) return socket.terminate();
      if (frame.type === 'welcome') {
        this.failures = 0;
        this.watch(Number(frame['heartbeat_ms']));
        onConnected(url);
      }
      this.options.onFrame(frame);
    });
    socket.on('close', (code, reason) => this.lost(socket, code, reason.toString()));
    // Its close follows.
    socket.on('error', () => undefined);
  }

  /** Sends a frame; without a connection it is lost, as everything that matters is said again with the next hello. */
  send(frame: Frame): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  /** Ends the connection for good. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    const { socket } = this;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => socket.terminate(), 1_000);
      socket.once('close', () => {
        clearTimeout(late);
        resolve();
      });
      socket.close(1000);
    });
  }

  private watch(heartbeatMs: number): void {
    const silenceMs = 2.2 * heartbeatMs;
    clearInterval(this.timer);
    this.heard = performance.now();
    this.timer = setInterval(() => {
      if (performance.now() - this.heard > silenceMs) this.socket?.terminate();
      else this.send({ type: 'heartbeat' });
    }, heartbeatMs);
  }

  private lost(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.socket) return;
    clearInterval(this.timer);
    if (this.closed) return;
    if (code === superseded || code === badFrame) {
      this.closed = true;
      if (code === superseded) this.options.onSuperseded();
      else this.options.onRefused(reason);
      return;
    }
    const delay = delayMs(this.failures);
    this.failures += 1;
    setTimeout(() => this.connect(), delay);
  }
}

function parse(text: string): Frame | undefined {
  try {
    const value = JSON.parse(text) as Frame | null;
    return typeof value?.type === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
