import { toProblem } from '#platform';
import { toApiProblem } from '../../common/problems.ts';

interface ErrorFrame {
  readonly type: 'error';
  readonly code: string;
  readonly detail: string;
  readonly session_id?: string;
}

/** Sends an instance the problem that the HTTP API would answer. */
export function errorFrame(error: unknown, sessionId?: string): ErrorFrame {
  const { code, message: detail, members } = toProblem(toApiProblem(error));
  const session = sessionId === undefined ? {} : { session_id: sessionId };
  return { type: 'error', code, detail, ...session, ...members };
}
