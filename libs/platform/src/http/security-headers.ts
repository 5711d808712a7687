import type { FastifyInstance } from 'fastify';

const common = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  // Browsers respect it over TLS only.
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
};
const nothing = "default-src 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";
/** Swagger UI has its own scripts and styles, some of them inline. */
const docs =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

/** Restricts browsers in every answer. Set on the raw answer, so that streams have the headers, too. */
export function installSecurityHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ url }, { raw }, done) => {
    for (const [name, value] of Object.entries(common)) raw.setHeader(name, value);
    raw.setHeader('content-security-policy', url.startsWith('/docs') ? docs : nothing);
    if (url.startsWith('/v1/')) raw.setHeader('cache-control', 'no-store');
    done();
  });
}
