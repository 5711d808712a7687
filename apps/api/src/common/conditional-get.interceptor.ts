import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { map } from 'rxjs';
import { etag, revisionOf } from './command-headers.ts';

/** A document at a revision; `body` is JSON text. */
export interface Versioned {
  readonly revision: number;
  readonly body: string;
}

/** Answers with a handler's `Versioned` document and its ETag, or with 304 when If-None-Match has its revision. */
@Injectable()
export class ConditionalGetInterceptor implements NestInterceptor<Versioned, string | undefined> {
  intercept(context: ExecutionContext, next: CallHandler<Versioned>): Observable<string | undefined> {
    const http = context.switchToHttp();
    const known = revisionOf('If-None-Match', http.getRequest<FastifyRequest>().headers['if-none-match']);
    const reply = http.getResponse<FastifyReply>();
    return next.handle().pipe(
      map(({ revision, body }) => {
        void reply.header('etag', etag(revision));
        if (revision !== known) {
          void reply.type('application/json; charset=utf-8');
          return body;
        }
        void reply.code(304);
        return undefined;
      }),
    );
  }
}
