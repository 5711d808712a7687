import type { FastifyInstance } from 'fastify';

/** Bytes of an answer that the kernels' socket buffers take: these have left the process, read or not. */
const smallAnswer = 32 * 1024;

/**
 * Cuts the connection of a client that takes longer than this to read a large answer. Node cuts idle connections, but
 * a client that reads a little now and then would still keep all of its answers in memory.
 */
export function installUnreadLimit(fastify: FastifyInstance, limitMs: number): void {
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    const { raw } = reply;
    // The client may have gone while its answer was made: nothing would end the timer, which keeps the request in memory.
    if (sizeOf(payload) > smallAnswer && !raw.destroyed) {
      const timer = setTimeout(() => raw.destroy(), limitMs);
      timer.unref();
      raw.once('close', () => clearTimeout(timer));
    }
    done();
  });
}

function sizeOf(payload: unknown): number {
  return typeof payload === 'string' || payload instanceof Uint8Array ? payload.length : 0;
}
