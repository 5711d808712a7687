import type { AgentStream, Update, UpdateHandler } from './stream.ts';

/** For {@link connectAgent}. */
export interface AgentOptions {
  /** Address of the API, as `http://127.0.0.1:3000`, or of each of its nodes: the next is used when one is unavailable. */
  readonly url: string | readonly string[];
  /** Instances of one pool take over each other's sessions. */
  readonly pool: string;
  /** How many sessions this instance takes, 1 to 10,000. Default 100. */
  readonly capacity?: number;
  /** Unique name of this process; also the Agent-Id of its commands. Default: a generated one. */
  readonly instance?: string;
  /** Handles the updates of all sessions without a handler of their own. */
  readonly onUpdate?: UpdateHandler;
  /** Called with a session that the instance did not ask for: its owner is gone or hands over. */
  readonly onTakeover?: (stream: AgentStream) => void;
  /** Called with the errors of handlers; each such update comes again after a pause. Default: written to stderr. */
  readonly onError?: (error: unknown, update: Update | undefined) => void;
  /** Deliver the instance's own events too. Default false. */
  readonly includeOwnEvents?: boolean;
  /** @deprecated Use `includeOwnEvents`. */
  readonly echo?: boolean;
  /** On SIGTERM hand the sessions over, then end the process if nothing else listens for the signal. Default true. */
  readonly drainOnSigterm?: boolean;
  /** Longest wait for one attempt of a request, and for an attach, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** How long a request and the first connection are retried, in milliseconds. Default 30,000. */
  readonly retryForMs?: number;
}
