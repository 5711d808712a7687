import type { FoundCommand, Session } from '#domain';

/** Finds sessions without reading their stream: a cache, never the source of truth. */
export interface SessionCachePort {
  /** The session at some revision, or undefined when it is not cached. */
  load(sessionId: string): Promise<Session | undefined>;
  /** Caches a session after an append. */
  remember(session: Session): void;
  /** Drops the cached state of a session that is ahead of its stream. */
  forget(sessionId: string): Promise<void>;
  /** Looks for commands older than those in the session; `revision`: the last one up to which the record is complete, -1: none. */
  findCommand(sessionId: string, ids: readonly string[]): Promise<CommandLookup>;
}

/** Caches nothing: each session is folded from its stream. For programs that command a session once. */
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
