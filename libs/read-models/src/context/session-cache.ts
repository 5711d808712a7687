import type { Session } from '#domain';
import { newSession } from '#domain';
import type { CommandLookup, EventStore, SessionCachePort } from '#sessions';
import { foldStream } from '#sessions';
import type { SessionMemory } from './session-memory.ts';
import type { ContextStore, InBudget } from './store.ts';

/**
 * The sessions as this process or the projector saw them last: memory first, then Redis. Without Redis, the stream. One that
 * is out of date is found out by the append and read on from there.
 */
export class SessionCache implements SessionCachePort {
  constructor(
    private readonly store: EventStore,
    private readonly contexts: ContextStore,
    private readonly sessions: SessionMemory,
    /** Around each read of Redis: how long it may take. */
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

  /** As `latest`, if the session is kept somewhere: a stream is never read from its beginning. */
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
