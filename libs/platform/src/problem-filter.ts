import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from './logging.ts';
import { problemContentType, problemDocument } from './problem.ts';
import { toProblem } from './problem-mapping.ts';

/** Answers every error with application/problem+json; those that are our fault are logged with the trace id. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), this.#logger);
  }
}

export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): void {
  const problem = toProblem(error);
  const traceId = request.id;
  if (problem.code === 'internal_error')
    logger.error({ err: error, trace_id: traceId, method: request.method }, 'request failed');
  else if (problem.code === 'engine_unavailable')
    logger.debug({ err: problem.cause ?? problem, trace_id: traceId }, 'an engine is away');
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  const [path] = (request.url ?? '').split('?', 1);
  void reply
    .code(problem.status)
    .headers({ ...problem.headers })
    .type(problemContentType)
    .send(JSON.stringify({ ...problemDocument(problem, path), trace_id: traceId }));
}
