import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import type { CommandResult } from '#sessions';
import { etag, revisionOf } from './command-headers.ts';
import { toCommandResultDto } from './command-result.dto.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Creates the body of an answer from the result of the handler, and sets its headers. */
    toAnswer?: (result: never, reply: FastifyReply) => unknown;
  }
}

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
export function AnswersCommand<Result extends CommandResult>({
  location,
  statusOf,
  body = toCommandResultDto,
}: ResultOptions<Result> = {}): MethodDecorator {
  const toAnswer = (result: Result, reply: FastifyReply): object => {
    void reply.header('etag', etag(result.revision));
    if (statusOf !== undefined) void reply.status(statusOf(result));
    if (location !== undefined) void reply.header('location', location(result));
    if (result.replayed) void reply.header('idempotency-replayed', 'true');
    return body(result);
  };
  return RouteConfig({ toAnswer });
}

/** A document at a revision; `body` is JSON text. */
export interface Versioned {
  readonly revision: number;
  readonly body: string;
}

/** Answers with a handler's `Versioned` document and its ETag, or with 304 when If-None-Match has its revision. */
export function AnswersVersioned(): MethodDecorator {
  return RouteConfig({ toAnswer: versionedAnswer });
}

function versionedAnswer({ revision, body }: Versioned, reply: FastifyReply): string {
  const isKnown = revisionOf('If-None-Match', reply.request.headers['if-none-match']) === revision;
  void reply.header('etag', etag(revision));
  if (isKnown) void reply.code(304).removeHeader('content-type');
  // Undefined: the answer has no body and no Content-Length.
  const text = (isKnown ? undefined : body) as string;
  void reply.serializer(() => text);
  return body;
}

/**
 * Creates the answers of routes that declare how. A hook does it, since Nest's interceptors cost a command about a
 * fiftieth of its time.
 */
export function makeAnswers(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preSerialization', ({ routeOptions }, reply, result: unknown, done) => {
    const { toAnswer } = routeOptions.config;
    const isRefused = reply.statusCode >= 400;
    let answer: unknown;
    try {
      answer = toAnswer === undefined || isRefused ? result : toAnswer(result as never, reply);
    } catch (error) {
      return done(error as Error);
    }
    done(null, answer);
  });
}
