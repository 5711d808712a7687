import { Metadata, status } from '@grpc/grpc-js';
import type { WriteOutcome } from '../store/append.ts';
import { messageOf, OutcomeUnknownError, StoreReadError, StoreWriteError } from '../store/errors.ts';
import type { ExpectedRevision } from '../store/records.ts';

/** An error that ends a call with a status and trailers. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly details: string;
  readonly metadata = new Metadata();

  constructor(
    readonly code: status,
    message: string,
    trailers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.details = message;
    for (const [key, value] of Object.entries(trailers)) this.metadata.set(key, asciiOf(value));
  }
}

/** Trailers carry printable ASCII only; other characters are percent-encoded. */
const asciiOf = (value: string): string => value.replaceAll(/[^\x20-\x7e]/gu, encodeURIComponent);

export const invalidArgument = (message: string): RpcError => new RpcError(status.INVALID_ARGUMENT, message);

export const accessDenied = (): RpcError =>
  new RpcError(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });

export const streamDeleted = (stream: string): RpcError =>
  new RpcError(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const isStreamDeleted = (error: unknown): boolean =>
  error instanceof RpcError && error.metadata.get('exception')[0] === 'stream-deleted';

export const maximumAppendSizeExceeded = (limit: number): RpcError =>
  new RpcError(status.INVALID_ARGUMENT, `Maximum Append Size of ${limit} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(limit),
  });

export const requiredMetadataPropertyMissing = (property: string): RpcError =>
  new RpcError(status.INVALID_ARGUMENT, `Required Metadata Property '${property}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });

const wrongExpectedVersion = (
  operation: string,
  stream: string,
  expected: ExpectedRevision,
  actual: number,
): RpcError => {
  const expectedVersion = versionNumber(expected);
  const actualVersion = String(actual);
  return new RpcError(
    status.FAILED_PRECONDITION,
    `${operation} failed due to WrongExpectedVersion. Stream: ${stream}, ` +
      `Expected version: ${expectedVersion}, Actual version: ${actualVersion}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': expectedVersion,
      'actual-version': actualVersion,
    },
  );
};

const SPECIAL_VERSIONS = { no_stream: '-1', any: '-2', stream_exists: '-4' };
const versionNumber = (expected: ExpectedRevision): string =>
  typeof expected === 'number' ? String(expected) : SPECIAL_VERSIONS[expected];

/** The error for a refused write; undefined when it was written. */
export const refusalOf = (
  operation: string,
  stream: string,
  expected: ExpectedRevision,
  outcome: WriteOutcome,
): RpcError | undefined => {
  if (outcome.kind === 'deleted') return streamDeleted(stream);
  if (outcome.kind === 'wrong_version') {
    return wrongExpectedVersion(operation, stream, expected, outcome.current);
  }
  return undefined;
};

/** The error that ends calls in flight when the server stops. */
export const shuttingDown = (): RpcError => new RpcError(status.CANCELLED, 'The server is shutting down');

export const loginNotFound = (login: string): RpcError =>
  new RpcError(status.NOT_FOUND, `User '${login}' is not found.`, {
    exception: 'user-not-found',
    'login-name': login,
  });

export const loginConflict = (login: string): RpcError =>
  new RpcError(status.ALREADY_EXISTS, 'Conflict.', { exception: 'user-conflict', 'login-name': login });

export const NOT_READY = 'Server Is Not Ready';
export const notReady = (): RpcError => new RpcError(status.UNAVAILABLE, NOT_READY);

/** The limit of bytes in unfinished appends is reached. */
export const TOO_BUSY = 'Server Is Too Busy';
export const tooBusy = (): RpcError => new RpcError(status.UNAVAILABLE, TOO_BUSY);

/** @param leader host and port */
export const notLeader = (leader: string): RpcError => {
  const colon = leader.lastIndexOf(':');
  return new RpcError(status.NOT_FOUND, `Leader info available at ${leader}`, {
    exception: 'not-leader',
    'leader-endpoint-host': leader.slice(0, colon),
    'leader-endpoint-port': leader.slice(colon + 1),
  });
};

/** The answer to an append that was not completed in time, or whose outcome is not known. */
export const operationTimeout = (): RpcError => new RpcError(status.ABORTED, 'Operation timed out');

export const unknownError = (message: string): RpcError => new RpcError(status.UNKNOWN, message);

/** The status of a call for any error. */
export const toRpcError = (error: unknown): RpcError => {
  if (error instanceof RpcError) return error;
  if (error instanceof StoreWriteError) return new RpcError(status.RESOURCE_EXHAUSTED, error.message);
  if (error instanceof OutcomeUnknownError) return operationTimeout();
  if (error instanceof StoreReadError) return new RpcError(status.DATA_LOSS, error.message);
  if (error instanceof RangeError) return invalidArgument(error.message);
  return new RpcError(status.UNKNOWN, messageOf(error));
};
