import { connect } from 'node:net';

/** A request to which each kind of server replies at once, however busy it is. */
export const GREETINGS = {
  /** The preface of HTTP/2 with empty settings. */
  http2: Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1'),
  http: Buffer.from('GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'),
  redis: Buffer.from('PING\r\n'),
  /** Which versions of requests the broker knows. */
  kafka: Buffer.from('0000000a0012000000000001ffff', 'hex'),
  /** Whether the server speaks TLS. */
  postgres: Buffer.from('0000000804d2162f', 'hex'),
};

/**
 * Checks whether the server on a port replies to a greeting in time, with any data: a hung server still accepts
 * connections.
 */
export const answersAt =
  (port: number, greeting: Buffer) =>
  (timeoutMs: number): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(greeting));
      const end = (isAnswered: boolean): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(isAnswered);
      };
      const timer = setTimeout(() => end(false), timeoutMs);
      socket.once('data', () => end(true));
      for (const event of ['error', 'end']) socket.once(event, () => end(false));
    });
