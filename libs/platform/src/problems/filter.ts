import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../logging/logger.ts';
import { shortened } from './faults.ts';
import { problemContentType, problemDocument } from './problem.ts';
import { toProblem } from './mapping.ts';

/** Characters of an address that are shown at most. */
const maxPath = 500;

/** The path of an address as shown in a problem. */
export function shownPath(url: string): string {
  const [path = ''] = url.split('?', 1);
  return shortened(path, maxPath);
}

/** Answers every error with application/problem+json; server errors are logged with the trace id. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  /** @param translate turns an app's own errors into problems and passes on the others */
  constructor(
    private readonly logger: Logger,
    private readonly translate: (error: unknown, request: FastifyRequest) => unknown = (error) => error,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    sendProblem(this.translate(error, request), request, http.getResponse<FastifyReply>(), this.logger);
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
    logger.debug({ err: problem.cause ?? problem, trace_id: traceId }, 'a backing service is unavailable');
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  const path = shownPath(request.url ?? '');
  void reply
    .code(problem.status)
    .headers({ ...problem.headers })
    .type(problemContentType)
    .send(Buffer.from(JSON.stringify({ ...problemDocument(problem, path), trace_id: traceId })));
}
