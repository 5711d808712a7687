import { toError, Unavailable } from '../client/errors.ts';
import type { Problem } from '../client/types.ts';
import type { Frame } from './frame.ts';
import type { AgentOptions } from './options.ts';

/** The HTTP status for the code of an error frame; 409 for all others. */
const statuses: Readonly<Record<string, number>> = {
  bad_frame: 400,
  validation_failed: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  session_elsewhere: 421,
  internal_error: 500,
};

/** The error for a frame with a `code` and an optional `detail`. */
export function errorFrom(frame: Omit<Frame, 'type'>): Error {
  const code = String(frame['code']);
  const detail = typeof frame['detail'] === 'string' ? frame['detail'] : code;
  return toError({ ...frame, ...problemOf(code, statuses[code] ?? 409, detail) }, undefined);
}

/** The error for a missing answer. */
export function noAnswer(detail: string): Unavailable {
  return new Unavailable(problemOf('no_answer', 0, detail));
}

/** The error for a first connection that no API accepts. */
export function notAccepted({ url, retryForMs = 30_000 }: AgentOptions): Unavailable {
  return noAnswer(`No API at ${[url].flat().join(', ')} accepted the agent for ${retryForMs} ms.`);
}

function problemOf(code: string, status: number, detail: string): Problem {
  return { type: `https://turnstream.dev/problems/${code}`, title: code, status, detail };
}
