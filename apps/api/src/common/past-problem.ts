import type { NoSuchPastError } from '#sessions';
import { ProblemError } from '#platform';
import { etag } from './command-headers.ts';

/** The problem for a point in the past that never existed or is deleted. Undefined: there is no session. */
export function noSuchPast({ missing }: NoSuchPastError): ProblemError | undefined {
  if (missing.code === 'no_session') return undefined;
  if (missing.code === 'not_reached') return notReached(missing.current, missing.expected);
  if (missing.code === 'deleted')
    return new ProblemError('history_gone', 'The events of the session are deleted.');
  if (missing.code === 'truncated') {
    const { first_revision } = missing;
    const detail = `The events before revision ${first_revision} are deleted, so the state at that point is not available.`;
    return new ProblemError('history_gone', detail, { first_revision });
  }
  const { began_at } = missing;
  return new ProblemError('not_found', `The session began at ${began_at}, later than that.`, { began_at });
}

export function notReached(current: number, wanted: number): ProblemError {
  const members = { expected_revision: wanted, current_revision: current };
  return new ProblemError('wrong_expected_revision', `The session is at revision ${current} only.`, members, {
    headers: { etag: etag(current) },
  });
}
