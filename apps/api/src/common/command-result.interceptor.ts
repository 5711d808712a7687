import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Observable } from 'rxjs';
import { map } from 'rxjs';
import type { CommandResult } from '#sessions';
import { etag } from './command-headers.ts';
import { toCommandResultDto } from './command-result.dto.ts';

/** How a route answers with the result of its command. */
export interface ResultOptions<Result extends CommandResult> {
  /** The address for the Location header; without it there is none. */
  readonly location?: (result: Result) => string;
  /** The status of the answer; by default that of the route. */
  readonly statusOf?: (result: Result) => number;
  /** The body; by default a `CommandResultDto`. */
  readonly body?: (result: Result) => object;
}

/** Answers with a handler's `CommandResult`: sets ETag, Location and Idempotency-Replayed, and maps the body. */
export class CommandResultInterceptor<Result extends CommandResult> implements NestInterceptor<
  Result,
  object
> {
  constructor(private readonly options: ResultOptions<Result> = {}) {}

  intercept(context: ExecutionContext, next: CallHandler<Result>): Observable<object> {
    const { location, statusOf, body = toCommandResultDto } = this.options;
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((result) => {
        void reply.header('etag', etag(result.revision));
        if (statusOf !== undefined) void reply.status(statusOf(result));
        if (location !== undefined) void reply.header('location', location(result));
        if (result.replayed) void reply.header('idempotency-replayed', 'true');
        return body(result);
      }),
    );
  }
}
