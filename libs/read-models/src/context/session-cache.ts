import type { Session } from '#domain';
import { newSession } from '#domain';
import type { CommandLookup, EventStore, SessionCachePort } from '#sessions';
import { foldStream } from '#sessions';
import type { SessionMemory } from './session-memory.ts';
import type { ContextStore, InBudget } from './store.ts';

/**
 * The sessions as this process or the projector last saw them: from memory, then Redis, then the stream. An outdated session is
 * detected by the append and caught up from there.
 */
export class SessionCache implements SessionCachePort {
  constructor(
    private readonly store: EventStore,
    private readonly contexts: ContextStore,
    private readonly sessions: SessionMemory,
    /** Bounds the time of each read of Redis. */
    private readonly inBudget: InBudget = (read) => read(),
  ) {}

  async load(sessionId: string): Promise<Session | undefined> {
    return (
      this.sessions.get(sessionId) ?? this.contexts.load(sessionId, this.inBudget).catch(() => undefined)
    );
  }

  /** The session as of the end of its stream, read until the signal aborts; revision -1: there is no such session. */
  async latest(sessionId: string, signal?: AbortSignal): Promise<Session> {
    return foldStream(this.store.until(signal), (await this.load(sessionId)) ?? newSession(sessionId));
  }

  /** As `latest`, if the session is cached somewhere: a stream is never read from its start. */
  async latestKept(sessionId: string): Promise<Session | undefined> {
    const kept = await this.load(sessionId);
    return kept && foldStream(this.store, kept);
  }

  remember(session: Session): void {
    const known = this.sessions.get(session.session_id);
    if (known === undefined || known.revision < session.revision) this.sessions.set(session);
  }

  async forget(sessionId: string): Promise<void> {
    this.sessions.delete(sessionId);
    await this.inBudget(() => this.contexts.delete([sessionId])).catch(() => undefined);
  }

  async findCommand(sessionId: string, ids: readonly string[]): Promise<CommandLookup> {
    const read = () => this.contexts.findCommand(sessionId, ids);
    return this.inBudget(read).catch(() => ({ revision: -1 }));
  }
}
