import {
  CommandIdReusedError,
  CommandRejectedError,
  StoreUnavailableError,
  UnprojectableEventError,
  WrongExpectedRevisionError,
} from '#sessions';
import { ProblemError } from '#platform';
import { InvalidCursorError } from '#read-models';
import { etag } from './request-headers.ts';

/** The errors of the command path and of the queries as problems; any other error is handed on. */
export function toApiProblem(error: unknown): unknown {
  if (error instanceof CommandRejectedError) return rejected(error);
  if (error instanceof WrongExpectedRevisionError) return wrongRevision(error);
  if (error instanceof CommandIdReusedError) {
    return new ProblemError('idempotency_key_reused', `${error.message} Use a new key for another request.`, {
      command_id: error.commandId,
    });
  }
  if (error instanceof InvalidCursorError) {
    return new ProblemError(
      'invalid_cursor',
      'Send the `next` of an earlier page of the same query as `after`.',
    );
  }
  if (error instanceof UnprojectableEventError) return setAside(error);
  if (error instanceof StoreUnavailableError) {
    const detail = 'The event store is away. Send the same request with the same Idempotency-Key again.';
    return new ProblemError(
      'engine_unavailable',
      detail,
      { retry_after_s: 1 },
      { cause: error.cause ?? error },
    );
  }
  return error;
}

function setAside(error: UnprojectableEventError): ProblemError {
  const { session_id, revision, event_id, type: event_type, reason } = error;
  const detail = 'The session has an event that this version cannot read. Its events are not lost.';
  const members = { session_id, revision, event_id, event_type, reason, retry_after_s: 60 };
  return new ProblemError('session_set_aside', detail, members, { cause: error });
}

/** How a caller of the HTTP API helps itself, by the code of a rejection. */
const hints: { readonly [code: string]: string } = {
  session_not_found: 'start it with POST /v1/sessions.',
  goal_not_set: 'set it with POST …/goals.',
};

function rejected({ rejection, command, revision }: CommandRejectedError): ProblemError {
  const hint = hints[rejection.code];
  const detail = hint === undefined ? rejection.reason : `${rejection.reason.replace(/\.$/, '')}; ${hint}`;
  if (rejection.code === 'session_not_found' || rejection.code === 'inquiry_not_found')
    return new ProblemError('not_found', detail);
  const code = rejection.code === 'agent_replaced' ? 'agent_replaced' : 'command_not_allowed';
  const members = { reason: rejection.code, command, current_revision: revision, ...rejection.data };
  return new ProblemError(code, detail, members, {
    headers: { etag: etag(revision) },
  });
}

function wrongRevision(error: WrongExpectedRevisionError): ProblemError {
  const members = {
    expected_revision: error.expected,
    current_revision: error.current,
    retry_safe: error.retrySafe,
    events: error.events.map(({ event_id, type, revision, data }) => ({ event_id, type, revision, data })),
  };
  return new ProblemError('wrong_expected_revision', error.message, members, {
    headers: error.current < 0 ? {} : { etag: etag(error.current) },
  });
}
