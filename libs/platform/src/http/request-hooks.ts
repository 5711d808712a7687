import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../logging/logger.ts';
import type { Metrics } from '../metrics/metrics.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** Set for a request that was not begun: there may be very many, so each is only counted. */
    isRefused: boolean;
  }
}

const traceparent = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/;

/**
 * The id of the caller's W3C trace, or a new one; Fastify keeps it as `request.id`. Node makes UUIDs from a stock of
 * random bytes, which costs a tenth of asking for 16 bytes each time.
 */
export function traceId(request: IncomingMessage): string {
  const header = request.headers.traceparent;
  const given = typeof header === 'string' ? traceparent.exec(header)?.[1] : undefined;
  return given ?? randomUUID().replaceAll('-', '');
}

/** Counts each answer; logs failed ones (500 and above) at error, slow ones at warn, all others and refused ones at debug. */
export function installRequestHooks(
  fastify: FastifyInstance,
  { logger, metrics, slowRequestMs }: { logger: Logger; metrics: Metrics; slowRequestMs: number },
): void {
  fastify.decorateReply('isRefused', false);
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'none';
    const took = reply.elapsedTime;
    metrics.observeRequest(method, route, reply.statusCode, took / 1000);
    const failed = reply.statusCode >= 500 && !reply.isRefused;
    if (failed || took >= slowRequestMs || logger.isLevelEnabled('debug')) {
      const level = failed ? 'error' : isSlow(took, reply.getHeader('content-type')) ? 'warn' : 'debug';
      const took_ms = Math.round(took * 10) / 10;
      logger[level]({ method, route, status: reply.statusCode, took_ms, trace_id: request.id }, 'request');
    }
    done();
  });

  function isSlow(took: number, contentType: unknown): boolean {
    return took >= slowRequestMs && !String(contentType).startsWith('text/event-stream');
  }
}
