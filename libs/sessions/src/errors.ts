import type { RecordedEvent, Rejection } from '#domain';

export { AppendTooLargeError, StoreOverloadedError, StoreUnavailableError } from './client/errors.ts';

/** Thrown when the state does not allow a command. `command` is its index among those sent. */
export class CommandRejectedError extends Error {
  readonly code = 'command_rejected';

  constructor(
    readonly rejection: Rejection,
    readonly command: number,
    readonly revision: number,
  ) {
    super(rejection.reason);
  }
}

/** The rejection for a partner who gets no key: the erasure is in progress, or the event store was restored to a state before it. */
export function erasureInProgress(revision: number): CommandRejectedError {
  const reason = 'The partner is being erased.';
  return new CommandRejectedError({ code: 'erasure_in_progress', reason }, 0, revision);
}

const gone: ReadonlySet<string> = new Set(['erasure_in_progress', 'session_elsewhere']);

/** What is refused of a partner who is being erased, or has left the cell, is left undone. @throws any other error */
export function unlessPartnerIsGone(error: unknown): void {
  if (!(error instanceof CommandRejectedError && gone.has(error.rejection.code))) throw error;
}

/** Thrown when a command expected another revision than the stream's. */
export class WrongExpectedRevisionError extends Error {
  readonly code = 'wrong_expected_revision';

  constructor(
    readonly expected: number,
    readonly current: number,
    /** The events after the expected revision: the first of them, at most 100 and no more than fit into a page. */
    readonly events: readonly RecordedEvent[],
    /** Whether the same command would be accepted unchanged on the current revision. */
    readonly retrySafe: boolean,
  ) {
    super(
      current < 0
        ? 'There is no such session yet.'
        : `The session is at revision ${current}, not ${expected}.`,
    );
  }
}

/** Thrown when a command id was used before with another body. */
export class CommandIdReusedError extends Error {
  readonly code = 'command_id_reused';

  /** @param events what the command with this id recorded */
  constructor(
    readonly commandId: string,
    readonly events: readonly RecordedEvent[],
  ) {
    super('This key or turn_id was used before with another body.');
  }
}

/**
 * Why an event cannot be folded: it was written by newer code, its data does not match its type, or its sealed fields
 * were changed, copied from another place, or have an unknown key.
 */
export type UnprojectableReason = 'newer_schema_version' | 'malformed_event' | 'broken_seal' | 'unknown_key';

interface UnprojectableEvent {
  readonly stream: string;
  readonly revision: number;
  readonly event_id: string;
  readonly type: string;
  readonly reason: UnprojectableReason;
}

/** Thrown when an event cannot be folded. Skipping it would give a wrong state, so there is none. */
export class UnprojectableEventError extends Error {
  readonly code = 'unprojectable_event';
  readonly stream: string;
  readonly revision: number;
  readonly event_id: string;
  readonly type: string;
  readonly reason: UnprojectableReason;

  constructor(
    { stream, revision, event_id, type, reason }: UnprojectableEvent,
    options?: { cause: unknown },
  ) {
    super(`Event ${revision} (${type}) of stream ${stream} cannot be folded: ${reason}.`, options);
    this.stream = stream;
    this.revision = revision;
    this.event_id = event_id;
    this.type = type;
    this.reason = reason;
  }

  /** The session that the event belongs to; null: the event is in another stream. */
  get session_id(): string | null {
    return this.stream.startsWith('session-') ? this.stream.slice('session-'.length) : null;
  }
}

/** Thrown when a position lies after the end of the log: the store was restored to an earlier state, or is another one. */
export class PositionBeyondEndError extends Error {
  readonly code = 'position_beyond_end';

  constructor(
    readonly position: bigint,
    /** The position of the last event. */
    readonly head: bigint,
  ) {
    super(
      `Position ${position} lies after the end of the log, ${head}: the event store was restored or is another one.`,
    );
  }
}

/** Thrown when a command would move a session out of its sender's reach. */
export class OutOfReachError extends Error {
  override readonly name = 'OutOfReachError';
  readonly code = 'out_of_reach';

  constructor() {
    super('The sender may not reach the session that the command leads to.');
  }
}
