import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../logging/logger.ts';
import type { Metrics } from '../metrics/metrics.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** Set for a request that was not processed: there may be very many, so they are only counted. */
    isRefused: boolean;
  }
}

const traceparent = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/;

/**
 * The id of the caller's W3C trace, or a new one; Fastify keeps it as `request.id`. Node makes UUIDs from buffered
 * random bytes, which costs a tenth of requesting 16 bytes each time.
 */
export function traceId(request: IncomingMessage): string {
  const header = request.headers.traceparent;
  const given = typeof header === 'string' ? traceparent.exec(header)?.[1] : undefined;
  return given ?? randomUUID().replaceAll('-', '');
}

/** The least time between two log lines about 503 answers, in milliseconds: during an outage there may be very many. */
const unavailableEveryMs = 1_000;

/**
 * Counts each answer. Logs failures (500 and above) at error, 503 and slow answers at warn, and all others, including refused
 * ones, at debug. 503 answers get at most one line a second, with the number of unlogged ones since the previous line.
 */
export function installRequestHooks(
  fastify: FastifyInstance,
  { logger, metrics, slowRequestMs }: { logger: Logger; metrics: Metrics; slowRequestMs: number },
): void {
  const unavailable = { since: -Infinity, unlogged: 0 };
  fastify.decorateReply('isRefused', false);
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'none';
    const took = reply.elapsedTime;
    metrics.observeRequest(method, route, reply.statusCode, took / 1000);
    const failed = reply.statusCode >= 500 && !reply.isRefused;
    if (failed || took >= slowRequestMs || logger.isLevelEnabled('debug')) {
      const took_ms = Math.round(took * 10) / 10;
      const fields = { method, route, status: reply.statusCode, took_ms, trace_id: request.id };
      if (failed && reply.statusCode === 503) logUnavailable(fields);
      else
        logger[failed ? 'error' : isSlow(took, reply.getHeader('content-type')) ? 'warn' : 'debug'](
          fields,
          'request',
        );
    }
    done();
  });

  function logUnavailable(fields: object): void {
    const now = performance.now();
    if (now - unavailable.since < unavailableEveryMs) {
      unavailable.unlogged += 1;
      return;
    }
    const { unlogged } = unavailable;
    Object.assign(unavailable, { since: now, unlogged: 0 });
    logger.warn({ ...fields, ...(unlogged > 0 && { unlogged }) }, 'request');
  }

  function isSlow(took: number, contentType: unknown): boolean {
    return took >= slowRequestMs && !String(contentType).startsWith('text/event-stream');
  }
}
