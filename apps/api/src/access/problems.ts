import { InvalidTokenError, IssuerUnavailableError } from '#privacy';
import { ProblemError } from '#platform';

/** A missing or rejected token (RFC 6750). */
export function unauthenticated(detail: string, isInvalid = false): ProblemError {
  const fault = isInvalid
    ? `, error="invalid_token", error_description="${detail.replaceAll(/["\\]/g, '')}"`
    : '';
  const headers = { 'www-authenticate': `Bearer realm="turnstream"${fault}` };
  return new ProblemError('unauthenticated', detail, {}, { headers });
}

export function forbidden(detail: string): ProblemError {
  return new ProblemError('forbidden', detail);
}

/** The problem for a token that could not be verified; returns other errors unchanged. */
export function toAccessProblem(error: unknown): unknown {
  if (error instanceof InvalidTokenError) return unauthenticated(error.message, true);
  if (!(error instanceof IssuerUnavailableError)) return error;
  const detail = 'Tokens cannot be checked at the moment. Send the same request again.';
  return new ProblemError('engine_unavailable', detail, { retry_after_s: 1 }, { cause: error });
}
