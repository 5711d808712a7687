import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

/**
 * Lets a client that sends a body which is refused before its end, such as one that is too large, read the answer: the rest of
 * the body is read and dropped until it ends, for this time at most. If the connection closed at once, most clients would fail
 * to send the rest and report that instead of the answer.
 */
export function installLingeringClose(fastify: FastifyInstance, limitMs: number): void {
  fastify.addHook('onRequest', ({ raw }, reply, done) => {
    // The connection has sent its last answer; a request that was sent behind the refused body gets none.
    if (raw.socket.writableEnded) reply.hijack();
    else done();
  });
  fastify.addHook('onSend', ({ raw }, _reply, _payload, done) => {
    if (!raw.complete && hasBody(raw)) linger(raw, limitMs);
    done();
  });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return (headers['content-length'] ?? headers['transfer-encoding']) !== undefined;
}

function linger(request: IncomingMessage, limitMs: number): void {
  const { socket } = request;
  // Node calls it after the last answer of a connection.
  socket.destroySoon = () => {
    const timer = setTimeout(() => socket.destroy(), limitMs);
    socket.once('close', () => clearTimeout(timer));
    request.once('end', () => socket.destroy());
    request.resume();
    socket.end();
  };
  // The connection stays open for other requests if it is not closed before the body ends.
  request.once('end', () => Reflect.deleteProperty(socket, 'destroySoon'));
}
