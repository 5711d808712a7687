import type { IncomingHttpHeaders } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemContentType, problemDocument, ProblemError, requestLimits, shownPath } from '#platform';

import { isAnalyst } from '../access/rules.ts';
import { formatOf } from '../replay/format.ts';
import { Admission } from './admission.ts';
import { callerOf } from './caller-of.ts';
import type { Gate, Refusal, Ticket } from './gate.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The gate of the request, and its ticket there. A WeakMap would cost the garbage collector more. */
    entered: { readonly gate: Gate; readonly ticket: Ticket } | null;
  }
}

/** Asks the gates before the body of a request is read. Only requests under /v1 need admission. */
export function admitRequests(app: NestFastifyApplication): void {
  installAdmission(app.getHttpAdapter().getInstance(), app.get(Admission));
}

export function installAdmission(fastify: FastifyInstance, admission: Admission): void {
  fastify.decorateRequest('entered', null);
  fastify.addHook('onRequest', (request, reply, done) => {
    const gate = gateOf(admission, request);
    if (gate === undefined) return done();
    const ticket = gate.arrive({
      caller: callerOf(request.raw, request.caller),
      bytes: bodyBytes(request.headers),
      start: done,
      refuse: (refusal) => refuse(request, reply, refusal),
    });
    if (ticket.state === 'gone') return;
    request.entered = { gate, ticket };
    reply.raw.once('close', () => {
      const isBegun = ticket.state === 'admitted' && ticket.begunAt !== undefined;
      if (isBegun && gate !== admission.connections)
        setTimeout(() => leave(request, false), abandonedMs).unref();
      else leave(request, false);
    });
  });
  // The body has arrived, and it is valid JSON.
  fastify.addHook('preValidation', ({ entered }, _reply, done) => {
    if (entered === null) done();
    else entered.gate.begin(entered.ticket, done);
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    // An event stream counts for as long as it is open.
    if (request.entered?.gate !== admission.connections) leave(request, reply.statusCode < 500);
    done();
  });
}

function leave({ entered }: FastifyRequest, isMeasure: boolean): void {
  entered?.gate.leave(entered.ticket, isMeasure);
}

function gateOf(
  { commands, reads, queries, analysts, connections }: Admission,
  { method, caller, headers, routeOptions: { url = '' } }: FastifyRequest,
): Gate | undefined {
  if (!url.startsWith('/v1/')) return undefined;
  if (rowReads.has(`${method} ${url}`)) return caller && isAnalyst(caller.role) ? analysts : queries;
  if (method !== 'GET' && method !== 'HEAD') return commands;
  if (url.endsWith('/stream')) return connections;
  if (url === events && formatOf(headers.accept) !== 'json') return connections;
  return reads;
}

/** Depending on its Accept header a page or a long-lived stream. */
const events = '/v1/sessions/:session_id/events';

/** Routes that read only tables of PostgreSQL; all others need Redis and the event store. */
const rowReads: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD'].flatMap((method) =>
    ['/v1/sessions', '/v1/turns', '/v1/partners/:partner_id/timeline', '/v1/stats/turns'].map(
      (url) => `${method} ${url}`,
    ),
  ),
  'POST /v1/turns/search',
  'POST /v1/journeys/search',
]);

/** The size of a body: its Content-Length, or the maximum if it has none. */
function bodyBytes(headers: IncomingHttpHeaders): number {
  if (headers['transfer-encoding'] !== undefined) return requestLimits.bodyBytes;
  return Math.min(Number(headers['content-length'] ?? 0), requestLimits.bodyBytes);
}

const retryAfterS = 1;
/** How long an aborted request may stay in progress if it is never answered. */
const abandonedMs = 30_000;
const details: Readonly<Record<Refusal, string>> = {
  overloaded: 'The request was not executed. Send it again later.',
  too_many_requests: 'The request was not executed, since others wait. Send fewer at once.',
};

/** The constant beginning of a problem document; the part that differs by request follows. */
function beginning(refusal: Refusal): string {
  const problem = new ProblemError(refusal, details[refusal], { retry_after_s: retryAfterS });
  return JSON.stringify(problemDocument(problem)).slice(0, -1);
}

const refusals = {
  overloaded: { status: 503, text: beginning('overloaded') },
  too_many_requests: { status: 429, text: beginning('too_many_requests') },
} as const;

/** As cheap as possible: under overload, most requests end here. */
function refuse({ id, url }: FastifyRequest, reply: FastifyReply, refusal: Refusal): void {
  const { status, text } = refusals[refusal];
  const body = `${text},"instance":${JSON.stringify(shownPath(url))},"trace_id":"${id}"}`;
  reply.isRefused = true;
  reply.hijack();
  reply.raw.writeHead(status, {
    'content-type': problemContentType,
    'content-length': Buffer.byteLength(body),
    'retry-after': String(retryAfterS),
  });
  reply.raw.end(body);
}
