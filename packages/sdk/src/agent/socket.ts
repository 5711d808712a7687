import { WebSocket } from 'ws';
import { InvalidRequest, messageOf } from '../client/errors.ts';
import type { TokenSource } from '../client/token.ts';
import type { Frame } from './frame.ts';
import { parseFrame } from './frame.ts';

interface SocketOptions {
  /** Addresses of the API's nodes, or of the load balancer in front of them. */
  readonly urls: readonly string[];
  readonly token: TokenSource;
  /** The cell that a router takes it to. */
  readonly cell?: string | undefined;
  /** The first frame of each connection; it names the sessions that the instance owns. */
  readonly hello: () => Frame;
  readonly onFrame: (frame: Frame) => void;
  /** Called with the node's address each time a connection is established. */
  readonly onConnected: (url: string) => void;
  /** Called when a connection breaks, or none was established. @returns whether to connect again */
  readonly onLost: () => boolean;
  /**
   * Called when another connection has the instance id.
   * @returns whether to connect once more; if not, the connection has ended for good
   */
  readonly onSuperseded: () => boolean;
  /**
   * Called when the connection ends for good: the API refuses what it was sent, the token does not allow it, or no
   * connection can be opened with it.
   */
  readonly onRefused: (code: string, detail: string) => void;
}

const superseded = 4409;
/** Why a connection ends for good, by close code. */
const refusals: Readonly<Record<number, string>> = {
  4400: 'bad_frame',
  4401: 'unauthenticated',
  4403: 'forbidden',
};
/** HTTP statuses of a refused handshake, with the close codes of the same meaning. */
const closeCodeOf: Readonly<Record<number, number>> = { 401: 4401, 403: 4403 };
/** Used until the API sends the duration of the lease. */
const defaultLeaseMs = 5_000;
/** A hanging node accepts connections but does not answer. */
const handshakeMs = 1_500;
const closeMs = 1_000;

/**
 * A WebSocket that reconnects with back-off and full jitter, to the next address each time. A connection without an answer to two
 * heartbeats counts as dead, early enough to reconnect before the lease expires.
 */
export class ReconnectingSocket {
  private socket: WebSocket | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private reconnect: NodeJS.Timeout | undefined;
  private failures = 0;
  private leaseMs = defaultLeaseMs;
  private attempts: number;
  private lastReceivedAt = 0;
  private closed = false;

  constructor(private readonly options: SocketOptions) {
    this.attempts = Math.floor(Math.random() * options.urls.length);
  }

  connect(): void {
    const { token } = this.options;
    const source = token.get();
    source
      .then(
        (text) => this.open(text, source),
        (error: unknown) => {
          // The next token may be usable.
          if (error instanceof InvalidRequest && !token.refresh(source)) throw error;
          this.connectLater();
        },
      )
      .catch((error: unknown) => this.refuse('validation_failed', messageOf(error)));
  }

  /** The connection ends for good. */
  private refuse(code: string, detail: string): void {
    if (this.closed) return;
    this.closed = true;
    this.options.onRefused(code, detail);
  }

  private open(token: string | undefined, source: Promise<string | undefined>): void {
    if (this.closed) return;
    const { urls, hello, cell } = this.options;
    const url = urls[this.attempts % urls.length] ?? '';
    this.attempts += 1;
    const query = cell === undefined ? '' : `?cell=${encodeURIComponent(cell)}`;
    const address = `${url.replace(/^http/, 'ws').replace(/\/$/, '')}/v1/agents${query}`;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const options = { headers, perMessageDeflate: false, handshakeTimeout: handshakeMs };
    const socket = new WebSocket(address, options);
    let refused: { readonly code: number | undefined; readonly reason: string } | undefined;
    this.socket = socket;
    this.startHeartbeat(defaultLeaseMs / 3);
    socket.on('open', () => socket.send(JSON.stringify(hello())));
    socket.on('message', (data) => this.receive(socket, url, (data as Buffer).toString()));
    socket.on('unexpected-response', (_, { statusCode = 0, statusMessage }) => {
      refused = { code: closeCodeOf[statusCode], reason: `${statusCode} ${statusMessage}` };
      socket.terminate();
    });
    socket.on('close', (code, reason) =>
      this.onClose(socket, source, refused?.code ?? code, refused?.reason ?? reason.toString()),
    );
    // A close event follows.
    socket.on('error', () => undefined);
  }

  /** Sends a frame. Without a connection it is lost: the next hello repeats everything that matters. */
  send(frame: Frame): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  /** Ends the connection for good. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.heartbeat);
    clearTimeout(this.reconnect);
    const { socket } = this;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      const timeout = setTimeout(() => socket.terminate(), closeMs);
      socket.once('close', () => {
        clearTimeout(timeout);
        resolve();
      });
      socket.close(1000);
    });
  }

  private receive(socket: WebSocket, url: string, text: string): void {
    this.lastReceivedAt = performance.now();
    const frame = parseFrame(text);
    // Another protocol, or a proxy changed the text: the next connection may work.
    if (frame === undefined) return socket.terminate();
    if (frame.type === 'welcome') {
      this.failures = 0;
      this.leaseMs = Number(frame['lease_ms']) || defaultLeaseMs;
      this.startHeartbeat(Number(frame['heartbeat_ms']));
      this.options.onConnected(url);
    }
    this.options.onFrame(frame);
  }

  private startHeartbeat(intervalMs: number): void {
    const silenceMs = 2.2 * intervalMs;
    clearInterval(this.heartbeat);
    this.lastReceivedAt = performance.now();
    this.heartbeat = setInterval(() => {
      if (performance.now() - this.lastReceivedAt > silenceMs) this.socket?.terminate();
      else this.send({ type: 'heartbeat' });
    }, intervalMs);
  }

  private onClose(socket: WebSocket, token: Promise<string | undefined>, code: number, reason: string): void {
    if (socket !== this.socket) return;
    clearInterval(this.heartbeat);
    if (this.closed) return;
    const refusal = refusals[code];
    // An expired token is replaced, if there is a source of tokens.
    if (refusal !== undefined && !(refusal === 'unauthenticated' && this.options.token.refresh(token)))
      return this.refuse(refusal, reason);
    const { onSuperseded, onLost } = this.options;
    if (code === superseded ? onSuperseded() : refusal !== undefined || onLost()) this.connectLater();
    else this.closed = true;
  }

  private connectLater(): void {
    if (this.closed) return;
    this.reconnect = setTimeout(() => this.connect(), reconnectMs(this.failures, this.leaseMs));
    this.failures += 1;
  }
}

/**
 * The pause before a reconnect, with full jitter: the instances of a dead node come back spread over a
 * fifth of their lease, which grows with each failure up to the whole lease.
 */
export function reconnectMs(failures: number, leaseMs: number, random: number = Math.random()): number {
  return random * Math.min(leaseMs, (leaseMs / 5) * 2 ** failures);
}
