import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { applyDecorators, Injectable, UseInterceptors } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { concatMap, map } from 'rxjs';
import { purposePattern } from '#privacy';
import type { ShownSession } from './reads.ts';
import { readerOf, Reads } from './reads.ts';

/** An answer that shows personal data. */
export interface Answer<T> {
  /** The action of the reader, as the access log names it. */
  readonly action: string;
  readonly mask: (answer: T) => T;
  /** The sessions whose data the answer shows; `session_id` is that of the route. */
  readonly shown: (answer: T, session_id: string) => readonly ShownSession[];
}

/** Masks the answers of a route by the role of its reader, and records unmasked reads. */
export function Shows<T>({ action, mask, shown }: Answer<T>): MethodDecorator {
  @Injectable()
  class ShowsInterceptor implements NestInterceptor<T, T> {
    constructor(private readonly reads: Reads) {}

    intercept(context: ExecutionContext, next: CallHandler<T>): Observable<T> {
      const http = context.switchToHttp();
      const request = http.getRequest<FastifyRequest<{ Params: { session_id?: string } }>>();
      const reader = readerOf(request);
      if (reader.view !== 'own') varyByReader(http.getResponse<FastifyReply>());
      if (reader.view === 'masked') return next.handle().pipe(map(mask));
      const session_id = request.params.session_id?.toLowerCase() ?? '';
      if (this.reads.isRecorded(reader, session_id)) return next.handle();
      return next.handle().pipe(
        concatMap(async (answer) => {
          await this.reads.record(reader, action, shown(answer, session_id));
          return answer;
        }),
      );
    }
  }
  return applyDecorators(UseInterceptors(ShowsInterceptor), ApiHeader(purpose));
}

const purpose = {
  name: 'Access-Purpose',
  required: false,
  schema: { type: 'string', pattern: purposePattern.source },
  description:
    'The purpose of showing personal data, such as `complaint:4711`. Auditors and administrators see them only with a purpose, and ' +
    'each such read is recorded. Analysts always see `[masked]`. Agents and services need no purpose.',
} as const;

/** A cache must not show one reader's answer to another. */
function varyByReader(reply: FastifyReply): void {
  const before = reply.getHeader('vary');
  const names = 'Authorization, Access-Purpose';
  void reply.header('vary', before === undefined ? names : `${String(before)}, ${names}`);
}
