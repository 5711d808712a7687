import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '#platform';
import type { Caller } from '#privacy';
import { isOfApi } from './routes.ts';
import { Authentication, hasTokenInAddress } from './authentication.ts';
import { RateLimits } from './rate-limits.ts';
import { Tickets } from './tickets.ts';

/** Authenticates each request under /v1 before anything else of it is read. */
export function authenticateRequests(app: NestFastifyApplication): void {
  const [authentication, tickets, limits] = [app.get(Authentication), app.get(Tickets), app.get(RateLimits)];
  const fastify = app.getHttpAdapter().getInstance();
  fastify.decorateRequest('caller', null);
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!isOfApi(request)) return done();
    const admit = (caller: Caller): void => {
      request.caller = caller;
      done(authentication.isOpen ? undefined : limits.refusal(caller, reply));
    };
    try {
      const caller = callerOf(request, authentication, tickets);
      if (caller instanceof Promise) caller.then(admit, done);
      else admit(caller);
    } catch (error) {
      done(error as Error);
    }
  });
}

/** @throws ProblemError, also by rejecting */
function callerOf(
  { raw, headers, routeOptions }: FastifyRequest,
  authentication: Authentication,
  tickets: Tickets,
): Caller | Promise<Caller> {
  if (hasTokenInAddress(raw.url)) throw tokenInAddress();
  const ticket = routeOptions.url?.endsWith('/stream') ? ticketOf(raw.url) : undefined;
  return ticket === undefined ? authentication.caller(headers) : tickets.redeem(ticket);
}

export function tokenInAddress(): ProblemError {
  const detail = 'A token must not be in a URL: send it as Authorization: Bearer, or get a ticket.';
  return new ProblemError('malformed_request', detail);
}

/** The ticket in an address. */
export function ticketOf(url = ''): string | undefined {
  const [, query] = url.split('?', 2);
  return query === undefined ? undefined : (new URLSearchParams(query).get('ticket') ?? undefined);
}
