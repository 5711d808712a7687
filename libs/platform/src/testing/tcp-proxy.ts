import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** An address in front of a backing service whose connections a spec can cut and restore. */
export interface TcpProxy {
  /** The service's address by way of the proxy. */
  readonly url: string;
  /** Closes all connections; new ones are refused. */
  cut(): Promise<void>;
  /** Lets connections be, but forwards nothing any more. */
  hang(): void;
  /** Lets connections in again, at the same address, and forwards what they send. */
  restore(): Promise<void>;
}

/** Forwards connections to the service at `target`, a URL with a port. */
export async function tcpProxy(target: string): Promise<TcpProxy> {
  const { port, hostname } = new URL(target);
  const sockets = new Set<Socket>();
  let hanging = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
      if (hanging) socket.pause();
    }
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
  const hang = (): void => {
    hanging = true;
    for (const socket of sockets) socket.pause();
  };
  const restore = async (): Promise<void> => {
    hanging = false;
    for (const socket of sockets) socket.resume();
    if (!server.listening) await listen(ours);
  };
  return { url: url.href, cut, hang, restore };
}
