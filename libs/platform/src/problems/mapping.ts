import { HttpException } from '@nestjs/common';
import { AbandonedError } from '../errors/abandoned.ts';
import { isError } from '../errors/any-error.ts';
import { isUnavailable } from '../backing-services/unavailable.ts';
import { requestLimits } from './limits.ts';
import { ProblemError, problems } from './problem.ts';
import type { ProblemCode } from './problem.ts';

/** Errors of Fastify by their code. */
const fastifyProblems: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    'payload_too_large',
    `The body is larger than ${requestLimits.bodyBytes / 1024} KiB`,
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported_media_type',
    'Send the body as Content-Type: application/json',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['malformed_json', 'The body is empty'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['malformed_json', 'The body is not valid JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformed_request', 'The body is not as long as Content-Length says'],
  FST_ERR_BAD_URL: ['malformed_request', 'The address is malformed'],
  FST_ERR_MAX_PARAM_LENGTH: ['uri_too_long', 'A part of the address is too long'],
  FST_ERR_NOT_FOUND: ['not_found', 'There is nothing at this address'],
};

/** Errors that each have a specific cause, whatever else uses their status. */
const specific: ReadonlySet<ProblemCode> = new Set([
  'origin_not_allowed',
  'host_not_allowed',
  'session_elsewhere',
  'foreign_reference',
  'rate_limited',
  'partner_restricted',
]);

const unavailableRetryS = 1;

/** The problem that answers an error. An unknown error becomes `internal_error`, which hides the cause. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof HttpException) return fromHttpException(error);
  if (isError(error)) {
    const known = fastifyProblems[String(error.code)];
    if (known) return new ProblemError(known[0], known[1], {}, { cause: error });
  }
  if (error instanceof AbandonedError) return new ProblemError('request_timeout', error.message);
  if (isUnavailable(error)) return unavailable(error);
  const status = isError(error) && 'statusCode' in error ? Number(error.statusCode) : 500;
  return fromStatus(status, 'The request cannot be handled', error);
}

function fromHttpException(exception: HttpException): ProblemError {
  if (isError(exception.cause)) return toProblem(exception.cause);
  const status = exception.getStatus();
  if (status === 404)
    return new ProblemError('not_found', 'There is nothing at this address', {}, { cause: exception });
  return fromStatus(status, exception.message, exception);
}

function fromStatus(status: number, detail: string, cause: unknown): ProblemError {
  if (status === 503) return unavailable(cause);
  if (!(status >= 400 && status < 500))
    return new ProblemError('internal_error', 'The error is logged under this trace_id', {}, { cause });
  return new ProblemError(codeOf(status) ?? 'malformed_request', detail, {}, { cause });
}

function codeOf(status: number): ProblemCode | undefined {
  if (status === 400) return 'malformed_request';
  return (Object.keys(problems) as ProblemCode[]).find(
    (code) => problems[code].status === status && !specific.has(code),
  );
}

function unavailable(cause: unknown): ProblemError {
  const detail = 'Try again; with the same Idempotency-Key a command is appended only once';
  return new ProblemError('engine_unavailable', detail, { retry_after_s: unavailableRetryS }, { cause });
}
