import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { Transform } from 'node:stream';

/** A proxy in front of a backing service whose connections a spec can cut, delay and restore. */
export interface TcpProxy {
  /** The service's address through the proxy. */
  readonly url: string;
  /** Closes all connections; new ones are refused. */
  cut(): Promise<void>;
  /** Delays each piece of data by this many milliseconds. Infinity: until the delay is changed; the data then arrives late. */
  delay(ms: number): void;
  /** Existing connections stay silent for ever, as after a network has forgotten them; new ones work. */
  strand(): void;
  /** Accepts connections again, at the same address, without a delay. */
  restore(): Promise<void>;
}

/** Forwards connections to the service at `target`, a URL with a port. */
export async function tcpProxy(target: string): Promise<TcpProxy> {
  const { port, hostname } = new URL(target);
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  let delayMs = 0;
  /** Connections with a lower number are stranded. */
  let firstAlive = 0;
  let connections = 0;
  const wait = (connection: number, goOn: () => void): void => {
    if (connection < firstAlive) return;
    if (delayMs === 0) goOn();
    else if (delayMs === Infinity) waiting.add(goOn);
    else setTimeout(goOn, delayMs);
  };
  const delay = (ms: number): void => {
    delayMs = ms;
    const late = [...waiting];
    waiting.clear();
    for (const goOn of late) goOn();
  };
  const strand = (): void => {
    firstAlive = connections;
    waiting.clear();
  };
  const delayed = (connection: number): Transform =>
    new Transform({ transform: (chunk, _encoding, done) => wait(connection, () => done(null, chunk)) });
  const add = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const link = (near: Socket, connection: number): void => {
    if (near.destroyed) return;
    const far = connect(Number(port), hostname);
    add(far);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on('close', () => {
        // Data in flight still arrives, as in a network.
        if (delayMs === 0) other.destroy();
        else wait(connection, () => other.end());
      });
      socket.pipe(delayed(connection)).pipe(other);
    }
  };
  const server = createServer((near) => {
    const connection = connections;
    connections += 1;
    add(near);
    // A service that hangs does not see new connections yet.
    wait(connection, () => link(near, connection));
  });
  const listen = async (at: number): Promise<number> => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const ours = await listen(0);
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(ours);
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const restore = async (): Promise<void> => {
    delay(0);
    if (!server.listening) await listen(ours);
  };
  return { url: url.href, cut, delay, strand, restore };
}
