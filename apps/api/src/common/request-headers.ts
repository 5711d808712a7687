import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '#domain';
import { ProblemError } from '#platform';

/** What a command's headers say. */
export interface CommandHeaders {
  readonly actor: Actor;
  readonly key: string | undefined;
  readonly expectedRevision: number | undefined;
  readonly agentEpoch: number | undefined;
  readonly correlationId: string | undefined;
  readonly traceparent: string | undefined;
}

/** What a header may be, for the program and in words. */
interface Form {
  readonly pattern: RegExp;
  readonly words: string;
}

const visible = (length: number): Form => ({
  pattern: new RegExp(`^[\\x21-\\x7e]{1,${length}}$`),
  words: `1 to ${length} visible ASCII characters without spaces`,
});
const epoch: Form = { pattern: /^[1-9]\d{0,14}$/, words: 'a whole number from 1' };
const traceContext: Form = {
  pattern: /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/,
  words: 'a W3C trace context, as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};

/** The headers of a command, checked. */
export const Headers = createParamDecorator((_: unknown, context: ExecutionContext): CommandHeaders => {
  const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
  return {
    actor: { role: 'agent', id: text(headers, 'agent-id', visible(128)) ?? 'anonymous' },
    key: text(headers, 'idempotency-key', visible(255)),
    expectedRevision: revisionOf(single(headers, 'if-match'), 'If-Match'),
    agentEpoch: epochOf(text(headers, 'agent-epoch', epoch)),
    correlationId: text(headers, 'correlation-id', visible(128)),
    traceparent: text(headers, 'traceparent', traceContext),
  };
});

/** The revision in `If-None-Match`, or undefined. */
export const IfNoneMatch = createParamDecorator(
  (_: unknown, context: ExecutionContext): number | undefined => {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    return revisionOf(single(headers, 'if-none-match'), 'If-None-Match');
  },
);

/** A revision as an entity tag. */
export function etag(revision: number): string {
  return `"${revision}"`;
}

function epochOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

function revisionOf(tag: string | undefined, header: string): number | undefined {
  if (tag === undefined || tag === '*') return undefined;
  const digits = /^(?:W\/)?"(\d{1,15})"$/.exec(tag.trim())?.[1];
  if (digits !== undefined) return Number(digits);
  throw new ProblemError(
    'malformed_precondition',
    `${header} must be one revision in quotes, as ${header}: "41".`,
  );
}

function single(headers: FastifyRequest['headers'], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

function text(
  headers: FastifyRequest['headers'],
  name: string,
  { pattern, words }: Form,
): string | undefined {
  const value = single(headers, name);
  if (value === undefined || pattern.test(value)) return value;
  const message = `must be ${words}`;
  throw new ProblemError('validation_failed', `header ${name} ${message}`, {
    errors: [{ field: name, message }],
  });
}
