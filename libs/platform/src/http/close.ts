import type { FastifyInstance } from 'fastify';

const checkEveryMs = 20;

/**
 * On close, lets the answers under way finish and then ends every connection. Without it a client that has connected
 * and never asked anything holds the close up, for Node does not count it as idle.
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
