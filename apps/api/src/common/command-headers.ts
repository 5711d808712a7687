import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '#domain';
import type { FieldError } from '#platform';
import { parseWhole, ProblemError, validationFailed } from '#platform';
import type { Caller, Reach } from '#privacy';
import { reaches, visibleForm, visiblePattern } from '#privacy';
import { callerOf } from '../access/current-caller.ts';

/** The headers of a command: its sender and its conditions. */
export interface RequestHeaders {
  readonly actor: Actor;
  readonly caller: Caller;
  /** Whether the token of the sender reaches a session. */
  readonly reaches: (session: Reach) => boolean;
  /** The Idempotency-Key. */
  readonly key: string | undefined;
  readonly expectedRevision: number | undefined;
  readonly agentEpoch: number | undefined;
  readonly correlationId: string | undefined;
  readonly traceparent: string | undefined;
}

/** The format of an optional header. */
interface Form {
  readonly pattern: RegExp;
  readonly message: string;
}

const visible: Form = { pattern: visiblePattern, message: visibleForm };

const forms: readonly (readonly [string, Form])[] = Object.entries({
  'agent-id': visible,
  'idempotency-key': {
    pattern: /^[\x21-\x7e]{1,255}$/,
    message: 'must be 1 to 255 visible ASCII characters without spaces',
  },
  'agent-epoch': { pattern: /^[1-9]\d{0,14}$/, message: 'must be a whole number from 1' },
  'correlation-id': visible,
  traceparent: {
    pattern: /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/,
    message: 'must be a W3C trace context, as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  },
});

/** Injects the headers of a command as `RequestHeaders`. A malformed one is refused with 400. */
export const CommandHeaders = createParamDecorator((_: unknown, context: ExecutionContext) =>
  headersOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** @throws ProblemError `validation_failed` or, for If-Match, `malformed_precondition` */
function headersOf(request: FastifyRequest): RequestHeaders {
  const { headers } = request;
  const caller = callerOf(request);
  const errors = faultsOf(headers);
  if (errors.length > 0) throw validationFailed(errors);
  const epoch = text(headers['agent-epoch']);
  return {
    actor: actorOf(caller),
    caller,
    reaches: (session) => reaches(caller, session),
    key: text(headers['idempotency-key']),
    expectedRevision: revisionOf('If-Match', headers['if-match']),
    agentEpoch: epoch === undefined ? undefined : Number(epoch),
    correlationId: text(headers['correlation-id']),
    traceparent: text(headers['traceparent']),
  };
}

/** The actor of an event, by its caller. Without an issuer an actor is known only by the name of its instance. */
export function actorOf({ role, subject, instance, expires_at }: Caller): Actor {
  if (expires_at === null) return { role: 'agent', id: instance ?? 'anonymous' };
  return { role, id: subject, ...(instance === null ? {} : { instance }) };
}

function faultsOf(headers: FastifyRequest['headers']): FieldError[] {
  const errors: FieldError[] = [];
  for (const [field, { pattern, message }] of forms) {
    const value = headers[field];
    if (value !== undefined && !(typeof value === 'string' && pattern.test(value)))
      errors.push({ field, message });
  }
  return errors;
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
