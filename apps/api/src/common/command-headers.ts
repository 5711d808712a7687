import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import { IsOptional, Matches } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '#domain';
import { assertValid, parseWhole, ProblemError } from '#platform';

/** What a command's headers say: who sends it and under which conditions. */
export interface RequestHeaders {
  readonly actor: Actor;
  /** The Idempotency-Key. */
  readonly key: string | undefined;
  readonly expectedRevision: number | undefined;
  readonly agentEpoch: number | undefined;
  readonly correlationId: string | undefined;
  readonly traceparent: string | undefined;
}

function IsVisibleAscii(length: number): PropertyDecorator {
  const message = `$property must be 1 to ${length} visible ASCII characters without spaces`;
  return Matches(new RegExp(`^[\\x21-\\x7e]{1,${length}}$`), { message });
}

/** The headers of a command that are checked as they are. */
class CommandHeaderFields {
  @IsOptional()
  @IsVisibleAscii(128)
  'agent-id'?: unknown;

  @IsOptional()
  @IsVisibleAscii(255)
  'idempotency-key'?: unknown;

  @IsOptional()
  @Matches(/^[1-9]\d{0,14}$/, { message: '$property must be a whole number from 1' })
  'agent-epoch'?: unknown;

  @IsOptional()
  @IsVisibleAscii(128)
  'correlation-id'?: unknown;

  @IsOptional()
  @Matches(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/, {
    message:
      '$property must be a W3C trace context, as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  })
  'traceparent'?: unknown;

  constructor(headers: FastifyRequest['headers']) {
    this['agent-id'] = headers['agent-id'];
    this['idempotency-key'] = headers['idempotency-key'];
    this['agent-epoch'] = headers['agent-epoch'];
    this['correlation-id'] = headers['correlation-id'];
    this['traceparent'] = headers['traceparent'];
  }
}

/** Injects the headers of a command as `RequestHeaders`. A malformed one is refused with 400. */
export const CommandHeaders = createParamDecorator((_: unknown, context: ExecutionContext) =>
  commandHeaders(context.switchToHttp().getRequest<FastifyRequest>().headers),
);

/** @throws ProblemError `validation_failed` or, for If-Match, `malformed_precondition` */
export function commandHeaders(headers: FastifyRequest['headers']): RequestHeaders {
  const fields = new CommandHeaderFields(headers);
  assertValid(fields);
  const epoch = text(fields['agent-epoch']);
  return {
    actor: { role: 'agent', id: text(fields['agent-id']) ?? 'anonymous' },
    key: text(fields['idempotency-key']),
    expectedRevision: revisionOf('If-Match', headers['if-match']),
    agentEpoch: epoch === undefined ? undefined : Number(epoch),
    correlationId: text(fields['correlation-id']),
    traceparent: text(fields['traceparent']),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A revision as an entity tag. */
export function etag(revision: number): string {
  return `"${revision}"`;
}

/** The revision in `If-Match` or `If-None-Match`; undefined: none, or any. */
export function revisionOf(
  header: 'If-Match' | 'If-None-Match',
  tag: string | undefined,
): number | undefined {
  if (tag === undefined || tag === '*') return undefined;
  const revision = parseWhole(/^(?:W\/)?"(\d+)"$/.exec(tag.trim())?.[1] ?? '');
  if (revision !== undefined) return revision;
  const detail = `${header} must be one revision in quotes, as ${header}: "41".`;
  throw new ProblemError('malformed_precondition', detail);
}
