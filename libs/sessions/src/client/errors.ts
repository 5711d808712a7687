import {
  CancelledError,
  DeadlineExceededError,
  NotLeaderError,
  TimeoutError,
  UnavailableError,
} from '@eventstore/db-client';
import { AbandonedError } from '#platform';

/** Thrown when the event store does not answer. The append may have been recorded: repeat the command with the same id. */
export class StoreUnavailableError extends Error {
  readonly code = 'store_unavailable';

  constructor(options?: { cause: unknown }) {
    super('The event store does not answer.', options);
  }
}

/** Thrown when a call failed and the store answered no other call either in the meantime. */
export class StoreSilentError extends StoreUnavailableError {}

/** Thrown when the limit of unanswered bytes on their way to the event store is reached. Nothing was recorded. */
export class StoreOverloadedError extends Error {
  readonly code = 'store_overloaded';

  constructor() {
    super('Too many bytes are on their way to the event store.');
  }
}

/** Thrown when events are larger than the event store takes in one append. Nothing was recorded. */
export class AppendTooLargeError extends Error {
  readonly code = 'append_too_large';

  constructor(options?: { cause: unknown }) {
    super('The events are larger than the event store takes in one append.', options);
  }
}

/** Thrown when a call got no answer within its time. */
export class NoAnswerError extends Error {
  constructor(ms: number) {
    super(`No answer of the event store within ${ms} ms.`);
  }
}

/** Thrown when a server takes no appends for now, for example while its cluster elects a leader. */
export class NotReadyError extends Error {}

/** Whether an error says nothing about what is stored: the store does not answer, or nobody waits for the read. */
export function saysNothing(error: unknown): boolean {
  return error instanceof StoreUnavailableError || error instanceof AbandonedError;
}

/** Whether an error means that the store is unavailable or slow, so that a retry can help. */
export function isStoreUnavailable(error: unknown): boolean {
  return (
    error instanceof StoreUnavailableError ||
    error instanceof NoAnswerError ||
    error instanceof TimeoutError ||
    error instanceof DeadlineExceededError ||
    error instanceof NotLeaderError ||
    isConnectionUnusable(error)
  );
}

/** Whether an error means that other calls on the same connection would fail, too. After NotLeader the client itself reconnects. */
export function isConnectionUnusable(error: unknown): boolean {
  return (
    error instanceof NotReadyError ||
    error instanceof UnavailableError ||
    error instanceof CancelledError ||
    isBrokenCall(error)
  );
}

/** gRPC: cancelled, deadline exceeded, unavailable. */
const unavailableCodes: ReadonlySet<unknown> = new Set([1, 4, 14]);

/** The client sometimes passes on gRPC's own errors, and has no error class for a cluster that it cannot discover. */
function isBrokenCall(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.message.startsWith('Failed to discover')) return true;
  if (!('code' in error)) return false;
  return unavailableCodes.has(error.code) || (error.code === 13 && error.message.includes('RST_STREAM'));
}
