import type { IncomingHttpHeaders } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemContentType, problemDocument, ProblemError, requestLimits, shownPath } from '#platform';
import { isAnalyst } from '../access/rules.ts';
import { formatOf } from '../replay/format.ts';
import { Admission } from './admission.ts';
import { callerOf } from './caller-of.ts';
import type { Gate, Refusal, Ticket } from './gate.ts';
import type { Entry } from './session-lines.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Where the request stands. A WeakMap would cost the garbage collector more. */
    entered: Entered | null;
  }
}

interface Entered {
  readonly gate: Gate;
  /** Undefined: it waits in the line of its session. */
  ticket: Ticket | undefined;
  /** Its place in the line of its session. */
  entry: Entry | undefined;
  /** Ends it if it is never answered after its caller has gone. */
  abandoned: NodeJS.Timeout | undefined;
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
    arrive({ admission, gate, request, reply, done });
    if (reply.isRefused) return;
    reply.raw.once('close', () => {
      const { entered } = request;
      const isBegun = entered?.ticket?.state === 'admitted' && entered.ticket.begunAt !== undefined;
      if (isBegun && gate !== admission.connections)
        entered.abandoned = setTimeout(() => leave(admission, request, false), abandonedMs).unref();
      else leave(admission, request, false);
    });
  });
  // The body has arrived, and it is valid JSON.
  fastify.addHook('preValidation', ({ entered }, _reply, done) => {
    if (entered?.ticket === undefined) done();
    else entered.gate.begin(entered.ticket, done);
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    // An event stream counts for as long as it is open.
    if (request.entered?.gate !== admission.connections) leave(admission, request, reply.statusCode < 500);
    done();
  });
}

interface Asked {
  readonly admission: Admission;
  readonly gate: Gate;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly done: () => void;
}

/** A command of a session stands in its line first; all else is at its gate at once. */
function arrive(asked: Asked): void {
  const { admission, gate, request, reply } = asked;
  request.entered = { gate, ticket: undefined, entry: undefined, abandoned: undefined };
  const sessionId = gate === admission.commands ? sessionOf(request) : undefined;
  if (sessionId === undefined) return enterGate(asked, request.entered);
  const { entered } = request;
  const key = request.headers['idempotency-key'];
  admission.sessions.arrive({
    sessionId,
    identity: typeof key === 'string' ? key : callerOf(request.raw, request.caller),
    start: (entry) => {
      entered.entry = entry;
      enterGate(asked, entered);
    },
    wait: (entry) => void (entered.entry = entry),
    refuse: (retryAfterMs) => refuse(request, reply, 'busy_session', retryAfterMs),
  });
}

function enterGate({ admission: { sessions }, gate, request, reply, done }: Asked, entered: Entered): void {
  const { entry } = entered;
  entered.ticket = gate.arrive({
    caller: callerOf(request.raw, request.caller),
    bytes: bodyBytes(request.headers),
    start: done,
    ...(entry && { stalled: () => sessions.leave(entry, undefined) }),
    refuse: (refusal, retryAfterMs) => {
      const turnMs = entry === undefined ? 0 : sessions.turnAway(entry);
      refuse(request, reply, refusal, Math.max(retryAfterMs, turnMs));
    },
  });
}

function leave({ sessions }: Admission, { entered }: FastifyRequest, isMeasure: boolean): void {
  if (entered === null) return;
  const { gate, ticket, entry, abandoned } = entered;
  clearTimeout(abandoned);
  if (entry !== undefined) sessions.leave(entry, isMeasure ? ticket?.begunAt : undefined);
  if (ticket !== undefined) gate.leave(ticket, isMeasure);
}

/** The session of a command that is one; undefined: it has none yet, or is none. */
function sessionOf({ params }: FastifyRequest): string | undefined {
  const { session_id } = params as { session_id?: unknown };
  return typeof session_id === 'string' ? session_id.toLowerCase() : undefined;
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

/** How long an aborted request may stay in progress if it is never answered. */
const abandonedMs = 30_000;

const refusals = {
  overloaded: beginning('overloaded', 'The request was not executed. Send it again later.'),
  busy_session: beginning(
    'overloaded',
    'The request was not executed: other commands of the session are before it. Send it again later.',
  ),
  too_many_requests: beginning(
    'too_many_requests',
    'The request was not executed, since others wait. Send fewer at once.',
  ),
} as const satisfies Record<Refusal | 'busy_session', unknown>;

/** The status of a problem and the beginning of its text; what differs from request to request follows. */
function beginning(code: Refusal, detail: string): { readonly status: number; readonly text: string } {
  const problem = new ProblemError(code, detail);
  return { status: problem.status, text: JSON.stringify(problemDocument(problem)).slice(0, -1) };
}

/** As cheap as possible: under overload, most requests end here. */
function refuse(
  { id, url }: FastifyRequest,
  reply: FastifyReply,
  refusal: keyof typeof refusals,
  retryAfterMs: number,
): void {
  const { status, text } = refusals[refusal];
  const retryAfterS = Math.ceil(retryAfterMs / 1_000);
  const instance = JSON.stringify(shownPath(url));
  const body = `${text},"retry_after_s":${retryAfterS},"retry_after_ms":${retryAfterMs},"instance":${instance},"trace_id":"${id}"}`;
  reply.isRefused = true;
  reply.hijack();
  reply.raw.writeHead(status, {
    'content-type': problemContentType,
    'content-length': Buffer.byteLength(body),
    'retry-after': String(retryAfterS),
  });
  reply.raw.end(body);
}
