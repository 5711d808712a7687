import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import type { Logger } from '../logging/logger.ts';
import { problemContentType, problemDocument, ProblemError } from './problem.ts';
import { sendProblem, shownPath } from './filter.ts';

/** Fastify options for errors that occur before there is a route or even a request. */
export function problemOptions(
  logger: Logger,
): Pick<FastifyServerOptions, 'frameworkErrors' | 'clientErrorHandler'> {
  return {
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply, logger),
    clientErrorHandler: (error, socket) => answerBrokenRequest(error.code, socket),
  };
}

/**
 * Answers an unknown address with `not_found`, and a known one with another method with `method_not_allowed` and Allow. Must be
 * called before routes are added.
 */
export function installNotFound(fastify: FastifyInstance): void {
  const routes = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  fastify.addHook('onRoute', ({ method, url }) => {
    const route = routes.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const item of [method].flat()) route.methods.add(item);
    routes.set(url, route);
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (!request.is404) return done();
    const [path = ''] = request.url.split('?', 1);
    const matching = [...routes.values()].filter(({ pattern }) => pattern.test(path));
    const allow = [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort().join(', ');
    const told = shownPath(path);
    if (!allow) return done(new ProblemError('not_found', `There is nothing at ${told}`));
    const detail = `${told} has ${allow}, not ${request.method}`;
    return done(new ProblemError('method_not_allowed', detail, {}, { headers: { allow } }));
  });
}

/** A route's address as an expression: `:name` is one segment, a final `*` the rest. */
function patternOf(url: string): RegExp {
  const source = url
    .replaceAll(/[$()+.?[\\\]^{|}]/g, '\\$&')
    .replaceAll(/:[^/]+/g, '[^/]+')
    .replaceAll('*', '.*');
  return new RegExp(`^${source}$`);
}

/** For requests refused by Node's HTTP parser there is no request and no reply, only a socket. */
function answerBrokenRequest(code: string | undefined, socket: Socket): void {
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const problem = brokenRequest(code);
  const body = JSON.stringify(problemDocument(problem));
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.code}`,
    `Content-Type: ${problemContentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

function brokenRequest(code: string | undefined): ProblemError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new ProblemError('headers_too_large', 'Send fewer or shorter headers');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new ProblemError('request_timeout', 'Send the request faster');
  return new ProblemError('malformed_request', 'The request is not valid HTTP');
}
