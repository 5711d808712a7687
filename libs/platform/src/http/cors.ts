import type { FastifyInstance } from 'fastify';
import type { AllowedSites } from './allowed-sites.ts';

const allowed = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers':
    'Authorization, Cache-Control, Content-Type, Idempotency-Key, If-Match, If-None-Match, Agent-Id, Agent-Epoch, Correlation-Id, ' +
    'traceparent, Access-Purpose, Last-Event-ID',
  'access-control-max-age': '600',
};
const exposed =
  'Age, ETag, Location, Retry-After, Idempotency-Replayed, RateLimit, RateLimit-Policy, Turnstream-As-Of, Turnstream-Degraded';

/** Lets pages of listed origins read answers. They send tokens, never cookies, so credentials are not allowed. */
export function installCors(fastify: FastifyInstance, sites: AllowedSites): void {
  fastify.addHook('onRequest', ({ method, headers }, reply, done) => {
    reply.raw.setHeader('vary', 'Origin');
    const { origin } = headers;
    if (origin === undefined || !sites.isListed(origin)) return done();
    reply.raw.setHeader('access-control-allow-origin', origin);
    reply.raw.setHeader('access-control-expose-headers', exposed);
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return done();
    void reply.code(204).headers(allowed).send();
  });
}
