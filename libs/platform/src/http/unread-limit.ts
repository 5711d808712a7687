import type { FastifyInstance } from 'fastify';

/** Bytes of an answer that the buffers of the connection's kernels take: it is gone, whether or not it is read. */
const smallAnswer = 32 * 1024;

/**
 * Cuts the connection of a reader that takes longer than this for a large answer. A connection that stands still is cut by
 * Node; a reader that takes a little now and then would still keep all of its answers in memory.
 */
export function installUnreadLimit(fastify: FastifyInstance, limitMs: number): void {
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (sizeOf(payload) > smallAnswer) {
      const { raw } = reply;
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
