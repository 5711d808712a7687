import type { FastifyInstance } from 'fastify';

const checkEveryMs = 20;

/**
 * On close, finishes pending answers and then ends every connection. Otherwise a client that has connected
 * and never sent a request would delay the close, since Node does not count it as idle.
 */
export function finishOnClose(fastify: FastifyInstance): void {
  const { server } = fastify;
  let active = 0;
  server.on('request', (_request, response) => {
    active += 1;
    response.once('close', () => {
      active -= 1;
    });
  });
  fastify.addHook('preClose', (done) => {
    const timer = setInterval(() => {
      if (active === 0) server.closeAllConnections();
    }, checkEveryMs);
    server.once('close', () => clearInterval(timer));
    timer.unref();
    done();
  });
}
