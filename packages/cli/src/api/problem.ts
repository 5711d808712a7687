import { InvalidRequest, TurnstreamError, Unavailable } from '@turnstream/sdk';
import type { Problem } from '@turnstream/sdk';
import { exitCodes, Failure } from '../failure.ts';
import { safeText } from '../output/text.ts';

/** What whoever reads a problem can do about it. */
const advice: Readonly<Record<string, string>> = {
  unauthenticated: 'Set TURNSTREAM_TOKEN or --token-file to a token that has not expired.',
  forbidden: 'Ask whoever gives out tokens for another role, or for other limits.',
  not_found: 'Look at the id, and whether the token reaches it.',
  invalid_cursor: 'Start the list anew.',
  partner_restricted:
    'The partner has asked to be erased: only the role for restricted partners reads the data.',
  session_set_aside: 'Ask an operator for npm run set-aside, or read the events, which are all there.',
  unreachable: 'Is TURNSTREAM_URL or --url right, and does the API run?',
  rate_limited: 'Wait, or ask for less at a time.',
  overloaded: 'Try again later.',
  too_many_requests: 'Try again later.',
  engine_unavailable: 'A service behind the API does not answer: try again later.',
  unexpected_answer: 'Is TURNSTREAM_URL the address of the API? A proxy may have answered.',
  internal_error: 'Tell the operators the trace id.',
};

/** What is printed of an error, and the exit code. */
export interface Explained {
  readonly lines: readonly string[];
  readonly exitCode: number;
  /** The answer of the API, if it is what failed. */
  readonly problem?: Problem;
}

/** In words, without a stack trace. */
export function explain(error: unknown): Explained {
  if (error instanceof TurnstreamError) return explainProblem(error);
  if (error instanceof Failure) return { lines: [error.message], exitCode: error.exitCode };
  const message = error instanceof Error ? error.message : String(error);
  return { lines: [`Unexpected: ${message}`], exitCode: exitCodes.refused };
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
    exitCode: error instanceof Unavailable ? exitCodes.unreachable : exitCodes.refused,
    problem: error.problem,
  };
}
