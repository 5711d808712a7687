import type { Socket } from 'node:net';
import { connect } from 'node:net';

/**
 * Sends requests, each on its own connection until it is answered; connections are reused. Node's client takes
 * several times the CPU time, which a load generator beside other work does not have.
 */
export class HttpSockets {
  private readonly free: Socket[] = [];

  constructor(private readonly url: URL) {}

  /** Sends the raw request; resolves to the status of its answer, 0 when the connection broke. */
  async send(request: string): Promise<number> {
    const socket = this.free.pop() ?? connect(Number(this.url.port), this.url.hostname).setNoDelay();
    const status = await exchange(socket, request);
    if (status === 0) socket.destroy();
    else this.free.push(socket);
    return status;
  }

  /** Closes the idle connections. */
  close(): void {
    for (const socket of this.free.splice(0)) socket.destroy();
  }
}

function exchange(socket: Socket, request: string): Promise<number> {
  return new Promise((resolve) => {
    let received = '';
    const settle = (status: number): void => {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      resolve(status);
    };
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const status = statusIn(received);
      if (status !== undefined) settle(status);
    });
    socket.on('error', () => settle(0));
    socket.on('close', () => settle(0));
    socket.write(request);
  });
}

/** The status of an answer, once it is complete; all answers of the api have a Content-Length. */
function statusIn(received: string): number | undefined {
  const head = received.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(received)?.[1];
  return received.length < head + 4 + Number(length ?? 0) ? undefined : Number(received.slice(9, 12));
}
