import { status } from '@grpc/grpc-js';
import { NOT_READY, TOO_BUSY } from '../rpc/errors.ts';
import { messageOf, OutcomeUnknownError } from '../store/errors.ts';
import type { ExpectedRevision } from '../store/records.ts';
import { writeWrongVersion, type BatchError } from '../wire/batch-append.ts';
import { writeStreamName } from '../wire/shared.ts';
import type { AppendOutcome } from './submit-append.ts';

/** The answer to an append that was refused. */
export const refusalOf = (
  stream: string,
  expected: ExpectedRevision,
  outcome: Exclude<AppendOutcome, { kind: 'written' }>,
): BatchError => {
  if (outcome.kind === 'wrong_version') return wrongVersion(expected, outcome.current);
  return outcome.kind === 'deleted'
    ? streamDeleted(stream)
    : outcome.kind === 'timeout'
      ? TIMEOUT
      : NOT_READY_ERROR;
};

export const ACCESS_DENIED: BatchError = {
  code: status.PERMISSION_DENIED,
  message: 'Access Denied',
  detail: 'event_store.client.AccessDenied',
};
export const TIMEOUT: BatchError = {
  code: status.DEADLINE_EXCEEDED,
  message: 'Timeout',
  detail: 'event_store.client.Timeout',
};

/** Clients turn it into "Could not recognize Server Is Not Ready". */
const NOT_READY_ERROR: BatchError = {
  code: status.UNAVAILABLE,
  message: NOT_READY,
  detail: 'google.protobuf.Empty',
};

export const TOO_BUSY_ERROR: BatchError = { ...NOT_READY_ERROR, message: TOO_BUSY };

/** The answer to an append that failed; Timeout means that it may be stored. */
export const failureOf = (error: unknown): BatchError =>
  error instanceof OutcomeUnknownError ? TIMEOUT : unknown(messageOf(error));

/** Clients show the message when they do not know the details; `event_store.client.Unknown` would hide it. */
const unknown = (message: string): BatchError => ({
  code: status.UNKNOWN,
  message,
  detail: 'google.protobuf.Empty',
});

export const badRequest = (message: string): BatchError => ({
  code: status.INVALID_ARGUMENT,
  message,
  detail: 'event_store.client.BadRequest',
  value: (writer) => writer.string(1, message),
});

export const sizeExceeded = (limit: number): BatchError => ({
  code: status.INVALID_ARGUMENT,
  message: `Maximum Append Size of ${limit} Exceeded.`,
  detail: 'event_store.client.MaximumAppendSizeExceeded',
  value: (writer) => writer.uint32(1, limit),
});

const streamDeleted = (stream: string): BatchError => ({
  code: status.NOT_FOUND,
  message: `Event stream '${stream}' is deleted.`,
  detail: 'event_store.client.StreamDeleted',
  value: (writer) => writeStreamName(writer, 1, stream),
});

const wrongVersion = (expected: ExpectedRevision, current: number): BatchError => ({
  code: status.ALREADY_EXISTS,
  message: 'Wrong expected version.',
  detail: 'event_store.client.WrongExpectedVersion',
  value: writeWrongVersion(expected, current),
});
