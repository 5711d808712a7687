import { InvalidRequest, TurnstreamError, Unavailable } from '@turnstream/sdk';
import type { Problem } from '@turnstream/sdk';
import { exitCodes, Failure } from '../failure.ts';
import { safeText } from '../output/text.ts';

/** How to solve a problem, by its code. */
const advice: Readonly<Record<string, string>> = {
  unauthenticated: 'Set TURNSTREAM_TOKEN or --token-file to a token that has not expired.',
  forbidden: 'Ask the issuer of tokens for another role, or for other limits.',
  not_found: 'Check the id, and whether it is within the limits of the token.',
  invalid_cursor: 'Start the list again.',
  partner_restricted:
    'The partner has asked to be erased: only the role for restricted partners may read the data.',
  session_set_aside: 'Ask an operator to run npm run set-aside, or read the events, which are complete.',
  unreachable: 'Check TURNSTREAM_URL or --url, and that the API is running.',
  rate_limited: 'Wait, or request less at a time.',
  overloaded: 'Try again later.',
  too_many_requests: 'Try again later.',
  engine_unavailable: 'A service behind the API does not answer: try again later.',
  unexpected_answer: 'Check that TURNSTREAM_URL is the address of the API: a proxy may have answered.',
  internal_error: 'Tell the operators the trace id.',
};

/** The lines to print for an error, and the exit code. */
export interface Explained {
  readonly lines: readonly string[];
  readonly exitCode: number;
  /** The API's answer, if that is what failed. */
  readonly problem?: Problem;
}

/** Describes an error without a stack trace. */
export function explain(error: unknown): Explained {
  if (error instanceof TurnstreamError) return explainProblem(error);
  if (error instanceof Failure) return { lines: [error.message], exitCode: error.exitCode };
  const message = error instanceof Error ? error.message : String(error);
  return { lines: [`Unexpected: ${message}`], exitCode: exitCodes.refused };
}

function exitCodeOf(error: TurnstreamError): number {
  if (error instanceof Unavailable) return exitCodes.unreachable;
  // No request was sent.
  return error instanceof InvalidRequest && error.status === 0 ? exitCodes.usage : exitCodes.refused;
}

function explainProblem(error: TurnstreamError): Explained {
  const { title, detail, retry_after_s: wait, trace_id: trace } = error.problem;
  const fields = error instanceof InvalidRequest ? error.errors : [];
  const needsPurpose = fields.some(({ field }) => field.toLowerCase() === 'access-purpose');
  const lines = [
    detail === undefined || detail === title ? title : `${title}: ${detail}`,
    ...fields.map(({ field, message }) => `  ${field}: ${message}`),
    needsPurpose ? 'Say why with --purpose or TURNSTREAM_PURPOSE, as complaint:4711.' : advice[error.code],
    wait === undefined ? undefined : `Not before ${wait} s from now.`,
    trace === undefined ? undefined : `trace id ${trace}`,
  ];
  return {
    lines: lines.filter((line) => line !== undefined).map(safeText),
    exitCode: exitCodeOf(error),
    problem: error.problem,
  };
}
