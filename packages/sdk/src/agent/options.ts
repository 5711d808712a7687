import type { Token } from '../client/token.ts';
import type { AgentStream, SkipReason, UpdateHandler } from './stream.ts';
import type { Update } from './update.ts';

/** For {@link connectAgent}. */
export interface AgentOptions {
  /** Address of the API, such as `http://127.0.0.1:3000`, or of each of its nodes: the next one is used when one is unavailable. */
  readonly url: string | readonly string[];
  /**
   * The cell that it connects to, where `url` is that of a router. When a session of the agent moves to another cell, it
   * connects there, too, as the same instance, takes the session again and calls `onTakeover` with it.
   */
  readonly cell?: string;
  /** The addresses of other cells by their names, where `url` is not that of a router. */
  readonly cells?: Readonly<Record<string, string>>;
  /** Instances of one pool take over each other's sessions. */
  readonly pool: string;
  /** How many sessions this instance takes, 1 to 10,000. Default 100. */
  readonly capacity?: number;
  /** Unique name of this process; also the Agent-Id of its commands. Default: a generated one. */
  readonly instance?: string;
  /**
   * The token, or a function that returns one, which is called again when the API refuses the token or it has expired. Default:
   * TURNSTREAM_TOKEN of the environment, if it is set.
   */
  readonly token?: Token;
  /** Handles the updates of all sessions without their own handler. */
  readonly onUpdate?: UpdateHandler;
  /** Called with a session that the instance did not request: its owner is gone or hands it over, or it moved to another cell. */
  readonly onTakeover?: (stream: AgentStream) => unknown;
  /**
   * How long one call of a handler may take, in milliseconds; then its `signal` aborts and the update is skipped. Default
   * 300,000.
   */
  readonly handlerTimeoutMs?: number;
  /** How often a handler is called with a failing update, with pauses of up to 2 s, before the update is skipped. Default 100. */
  readonly handlerAttempts?: number;
  /** Called with a skipped update. The session's stream records it with the reason. */
  readonly onSkipped?: (update: Update, reason: SkipReason) => unknown;
  /**
   * Called with the errors of handlers (each such update is retried after a pause) and of other callbacks, and with the
   * error that ends the agent. Default: written to stderr.
   */
  readonly onError?: (error: unknown, update: Update | undefined) => unknown;
  /** Deliver the instance's own events too. Default false. */
  readonly includeOwnEvents?: boolean;
  /** @deprecated Use `includeOwnEvents`. */
  readonly echo?: boolean;
  /**
   * Closes the agent on SIGTERM; once all agents of the process are closed, ends the process, if nothing else listens for the signal.
   * Default true.
   */
  readonly drainOnSigterm?: boolean;
  /** How long closing waits for running handlers, in milliseconds. Default 10,000. */
  readonly closeTimeoutMs?: number;
  /** Timeout of one attempt of a request, of an attach and of a detach, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** How long a request and the first connection are retried, in milliseconds; 0: never. Default 30,000. */
  readonly retryForMs?: number;
}
