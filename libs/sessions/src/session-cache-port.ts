import type { FoundCommand, Session } from '#domain';

/** Where sessions are found without reading their stream: a cache, never the truth. */
export interface SessionCachePort {
  /** The session at some revision, or undefined when it is not kept. */
  load(sessionId: string): Promise<Session | undefined>;
  /** Keeps a session after an append. */
  remember(session: Session): void;
  /** Drops what is kept of a session that is ahead of its stream. */
  forget(sessionId: string): Promise<void>;
  /** Looks for commands older than those a session knows; `revision`: the last one up to which all of them are kept, -1: none. */
  findCommand(sessionId: string, ids: readonly string[]): Promise<CommandLookup>;
}

/** Keeps nothing: each session is folded from its stream. For programs that command a session once. */
export const uncached: SessionCachePort = {
  load: async () => undefined,
  remember: () => undefined,
  forget: async () => undefined,
  findCommand: async () => ({ revision: -1 }),
};

export interface CommandLookup {
  readonly revision: number;
  readonly command?: FoundCommand;
}
