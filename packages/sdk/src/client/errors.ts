import type { Problem, RecordedEvent } from './types.ts';

/** Base of all errors that this package throws. `code` is stable; the message is for people. */
export class TurnstreamError extends Error {
  override readonly name: string = 'TurnstreamError';
  /** The problem's code, such as `validation_failed`; `unreachable` when there was no answer. */
  readonly code: string;
  /** The HTTP status, 0 when there was no answer. */
  readonly status: number;
  /** The whole problem document (RFC 9457) of the API's answer. */
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail ?? problem.title, options);
    this.code = problem.type.slice(problem.type.lastIndexOf('/') + 1);
    this.status = problem.status;
    this.problem = problem;
  }

  /** The id of the request in the API's log. */
  get traceId(): string | undefined {
    return this.problem.trace_id;
  }
}

/** Thrown when the request itself is invalid (400, 413, 415), or cannot even be sent (0); a retry cannot help. */
export class InvalidRequest extends TurnstreamError {
  override readonly name = 'InvalidRequest';

  /** The invalid fields, and why they are invalid. */
  get errors(): readonly { readonly field: string; readonly message: string }[] {
    return this.problem.errors ?? [];
  }
}

/** Thrown when there is no such session (404). */
export class SessionNotFound extends TurnstreamError {
  override readonly name = 'SessionNotFound';
}

/** Thrown when the state of the session does not allow the command (409). */
export class CommandNotAllowed extends TurnstreamError {
  override readonly name: string = 'CommandNotAllowed';

  /** The reason, as a stable code: `session_over`, `goal_not_set`, … */
  get reason(): string {
    return this.problem.reason ?? '';
  }

  /** Index of the refused command among several, from 0. */
  get command(): number {
    return Number(this.problem['command'] ?? 0);
  }

  /** The revision at which it was refused. */
  get currentRevision(): number {
    return this.problem.current_revision ?? -1;
  }
}

/** Thrown when another agent instance owns the session (409): the commands of this one are refused. */
export class AgentReplaced extends CommandNotAllowed {
  override readonly name = 'AgentReplaced';

  /** The current owner of the session; `instance` is null while it has none. */
  get holder(): { readonly instance: string | null; readonly epoch: number; readonly pool: string | null } {
    return this.problem.holder ?? { instance: null, epoch: 0, pool: null };
  }
}

/** Thrown when the session is not at the expected revision (412). */
export class RevisionConflict extends TurnstreamError {
  override readonly name = 'RevisionConflict';

  /** The session's revision now. */
  get currentRevision(): number {
    return this.problem.current_revision ?? -1;
  }

  /** The revision that the command expected. */
  get expectedRevision(): number {
    return this.problem.expected_revision ?? -1;
  }

  /** The events recorded since the expected revision: the first of them, at most 100 and 1 MiB. */
  get events(): readonly Pick<RecordedEvent, 'event_id' | 'type' | 'revision' | 'data'>[] {
    return (this.problem['events'] as RecordedEvent[] | undefined) ?? [];
  }

  /** Where {@link Session.events} continues after `events`; null: they are complete. */
  get nextRevision(): number | null {
    return this.problem.next_revision ?? null;
  }

  /** Whether the same command would be allowed at the current revision. */
  get retrySafe(): boolean {
    return this.problem.retry_safe ?? false;
  }
}

/** Thrown when the key or turn id was used before with another body (422). */
export class KeyReused extends TurnstreamError {
  override readonly name = 'KeyReused';
}

/**
 * Thrown when the session is in another cell (421) whose address is not known: name it by `cells`, or send to a router.
 */
export class SessionElsewhere extends TurnstreamError {
  override readonly name = 'SessionElsewhere';

  /** The cell that has it; undefined: the one that answered does not know. */
  get cell(): string | undefined {
    const { cell } = this.problem;
    return typeof cell === 'string' ? cell : undefined;
  }
}

/**
 * Thrown when the API, or a backing service of it, was unavailable for as long as the client retries (0, 408, 429,
 * 502 to 504), or when the client was closed meanwhile (code `closed`). The command may or may not be recorded: send it again with the same `key` to find out.
 */
export class Unavailable extends TurnstreamError {
  override readonly name = 'Unavailable';
  /** The Idempotency-Key of the command. */
  readonly key: string | undefined;

  constructor(problem: Problem, { key, ...options }: ErrorOptions & { key?: string | undefined } = {}) {
    super(problem, options);
    this.key = key;
  }
}

/** The error for an unsuccessful answer. */
export function toError(problem: Problem, key: string | undefined): TurnstreamError {
  switch (problem.status) {
    case 400:
    case 413:
    case 415:
      return new InvalidRequest(problem);
    case 404:
      return new SessionNotFound(problem);
    case 409:
      return problem.type.endsWith('/agent_replaced')
        ? new AgentReplaced(problem)
        : new CommandNotAllowed(problem);
    case 412:
      return new RevisionConflict(problem);
    case 421:
      return problem.type.endsWith('/session_elsewhere')
        ? new SessionElsewhere(problem)
        : new TurnstreamError(problem);
    case 422:
      return new KeyReused(problem);
    case 503:
      // A retry does not help.
      if (problem.type.endsWith('/inquiries_off')) return new TurnstreamError(problem);
      return new Unavailable(problem, { key });
    case 408:
    case 429:
    case 502:
    case 504:
      return new Unavailable(problem, { key });
    default:
      return new TurnstreamError(problem);
  }
}

/** The error for a request that cannot be sent. */
export function invalid(detail: string, options?: ErrorOptions): InvalidRequest {
  const type = 'https://turnstream.dev/problems/validation_failed';
  return new InvalidRequest({ type, title: 'The request cannot be sent', status: 0, detail }, options);
}

/** The problem for a request without an answer. */
export function unreachable(url: string, cause: unknown): Problem {
  const title = 'The API cannot be reached';
  const detail = `${url}: ${messageOf(cause)}`;
  return { type: 'https://turnstream.dev/problems/unreachable', title, status: 0, detail };
}

/** The problem for a request of a client that is closed: a retry does not help. */
export const clientClosed: Problem = {
  type: 'https://turnstream.dev/problems/closed',
  title: 'The client is closed',
  status: 0,
};

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
