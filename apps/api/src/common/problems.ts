import type { Rejection } from '#domain';
import {
  AppendTooLargeError,
  CommandIdReusedError,
  CommandRejectedError,
  NoSuchPastError,
  OutOfReachError,
  StoreOverloadedError,
  StoreUnavailableError,
  UnprojectableEventError,
  WrongExpectedRevisionError,
} from '#sessions';
import { ProblemError } from '#platform';
import { KeyStoreUnavailableError, UnknownKeyError } from '#privacy';
import {
  ExportIdReusedError,
  InvalidCursorError,
  SessionSetAsideError,
  TooManyExportsError,
} from '#read-models';
import type { Masker } from '../privacy/masking.ts';
import { maskerOf, maskerOfNobody } from '../privacy/masking.ts';
import { maskEvent } from '../privacy/mask-event.ts';
import { forbidden } from '../access/problems.ts';
import { etag } from './command-headers.ts';
import { noSuchPast } from './past-problem.ts';

const unavailable =
  'The event store is unavailable. Send the same request with the same Idempotency-Key again.';

const outOfReach = 'The token is not for sessions of this partner, region and channel.';
const keysUnavailable =
  'The key store is unavailable, or has no usable key of this partner. Send the same request again.';

const tooLarge =
  'Nothing was recorded. Send the contents in several smaller requests, each with its own Idempotency-Key.';
const overloaded = 'Send the same request again later, with the same Idempotency-Key.';

/** Hints for HTTP callers on a rejection. The domain's text only describes the state. */
const hints: Partial<Record<Rejection['code'], string>> = {
  session_not_found: 'Start it with POST /v1/sessions.',
  goal_not_set: 'Set it with POST …/goals.',
  too_many_personal_values: tooLarge,
};

/** Determines the masking of the answer. Without it personal data are masked. */
type ProblemRequest = Parameters<typeof maskerOf>[0];

/** Turns the errors of commands and queries into problems and returns others unchanged. */
export function toApiProblem(error: unknown, request?: ProblemRequest): unknown {
  if (error instanceof CommandRejectedError) return rejected(error);
  if (error instanceof WrongExpectedRevisionError)
    return wrongRevision(error, request ? maskerOf(request) : maskerOfNobody);
  if (error instanceof OutOfReachError) return forbidden(outOfReach);
  if (error instanceof CommandIdReusedError) {
    // The id is not quoted: a message id may contain a phone number.
    return new ProblemError('idempotency_key_reused', `${error.message} Use a new key for another request.`);
  }
  if (error instanceof InvalidCursorError) {
    return new ProblemError(
      'invalid_cursor',
      'Send the `next` of an earlier page of the same query as `after`.',
    );
  }
  if (error instanceof ExportIdReusedError)
    return new ProblemError('idempotency_key_reused', 'The export_id is that of another export.');
  if (error instanceof TooManyExportsError) {
    const detail = 'You have 20 waiting or running exports. Try again when one is done.';
    return new ProblemError('too_many_requests', detail, { retry_after_s: 10 });
  }
  if (error instanceof StoreOverloadedError)
    return new ProblemError('overloaded', overloaded, { retry_after_s: 1 }, { cause: error });
  if (error instanceof AppendTooLargeError)
    return new ProblemError('payload_too_large', `${error.message} ${tooLarge}`, {}, { cause: error });
  if (error instanceof StoreUnavailableError) {
    return new ProblemError(
      'engine_unavailable',
      unavailable,
      { retry_after_s: 1 },
      { cause: error.cause ?? error },
    );
  }
  if (error instanceof KeyStoreUnavailableError || error instanceof UnknownKeyError)
    return new ProblemError(
      'engine_unavailable',
      keysUnavailable,
      { retry_after_s: 1 },
      { cause: error.cause ?? error },
    );
  if (error instanceof NoSuchPastError) return noSuchPast(error) ?? sessionNotFound();
  if (error instanceof UnprojectableEventError) return setAside(error, error);
  if (error instanceof SessionSetAsideError) return setAside(error.set_aside, error);
  return error;
}

/** Before the table was read, any partner may be restricted. */
export function restrictionsUnknown(): ProblemError {
  return new ProblemError('engine_unavailable', 'It is not known yet which partners are restricted.');
}

export function sessionNotFound(): ProblemError {
  return new ProblemError('not_found', withHint('session_not_found', 'There is no such session.'));
}

export function partnerNotFound(): ProblemError {
  return new ProblemError('not_found', 'There is no such partner.');
}

/** The cell that has it, to which a router sends the request. Null: it is not known. */
export function elsewhereProblem(cell: unknown): ProblemError {
  const headers = {
    'turnstream-elsewhere': 'true',
    ...(typeof cell === 'string' && { 'turnstream-cell': cell }),
  };
  const detail = 'Send the request to the cell that has the session, or through a router.';
  return new ProblemError('session_elsewhere', detail, { cell: cell ?? null }, { headers });
}

function rejected({ rejection, command, revision }: CommandRejectedError): ProblemError {
  const detail = withHint(rejection.code, rejection.reason);
  if (rejection.code === 'session_not_found' || rejection.code === 'inquiry_not_found')
    return new ProblemError('not_found', detail);
  if (rejection.code === 'session_elsewhere') return elsewhereProblem(rejection.data?.['cell']);
  if (rejection.code === 'foreign_reference') return new ProblemError('foreign_reference', detail);
  if (rejection.code === 'too_many_personal_values')
    return new ProblemError('payload_too_large', detail, {
      reason: rejection.code,
      command,
      ...rejection.data,
    });
  const code = rejection.code === 'agent_replaced' ? 'agent_replaced' : 'command_not_allowed';
  const members = { reason: rejection.code, command, current_revision: revision, ...rejection.data };
  return new ProblemError(code, detail, members, { headers: { etag: etag(revision) } });
}

function withHint(code: Rejection['code'], reason: string): string {
  const hint = hints[code];
  return hint === undefined ? reason : `${reason} ${hint}`;
}

function wrongRevision(error: WrongExpectedRevisionError, masked: Masker): ProblemError {
  const last = error.events.at(-1)?.revision ?? error.current;
  const members = {
    expected_revision: error.expected,
    current_revision: error.current,
    retry_safe: error.retrySafe,
    events: error.events.map(({ event_id, type, revision, data }) =>
      masked({ event_id, type, revision, data }, maskEvent),
    ),
    next_revision: last < error.current ? last + 1 : null,
  };
  return new ProblemError('wrong_expected_revision', error.message, members, {
    headers: error.current < 0 ? {} : { etag: etag(error.current) },
  });
}

/** The event for which a session is set aside, as errors and read models name it. */
type UnprojectableEvent = Omit<SessionSetAsideError['set_aside'], 'since'>;

function setAside({ revision, event_id, type, reason }: UnprojectableEvent, cause: unknown): ProblemError {
  const detail =
    'This version cannot read an event that the session depends on, so the session is set aside. No event is lost.';
  const members = { revision, event_id, event_type: type, reason, retry_after_s: 60 };
  return new ProblemError('session_set_aside', detail, members, { cause });
}
