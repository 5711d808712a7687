import { LRUCache } from 'lru-cache';
import type { Session } from '#domain';
import { newSession } from '#domain';
import type { EventStore, SessionCachePort } from '#sessions';
import { foldStream } from '#sessions';
import type { ContextStore } from './store.ts';
import { rebuildContext } from './rebuild.ts';

/** How many sessions a process keeps. One that is out of date is found out by the append and read on from there. */
const sessionsKept = 5_000;

/** The sessions as this process or the projector saw them last: memory first, then Redis. Without Redis, the stream. */
export class SessionCache implements SessionCachePort {
  private readonly sessions = new LRUCache<string, Session>({ max: sessionsKept });

  constructor(
    private readonly store: EventStore,
    private readonly contexts: ContextStore,
    /**
     * What becomes, while Redis is unavailable, of a command that may be an old one repeated: it `waits` (an error), or `passes`
     * as a new one, since only the latest commands, those that a session remembers itself, are recognised.
     */
    private readonly withoutRecord: 'waits' | 'passes',
  ) {}

  async load(sessionId: string): Promise<Session | undefined> {
    return this.sessions.get(sessionId) ?? this.contexts.load(sessionId).catch(() => undefined);
  }

  /** The session as of the end of its stream; revision -1: there is no such session. */
  async latest(sessionId: string): Promise<Session> {
    return foldStream(this.store, (await this.load(sessionId)) ?? newSession(sessionId));
  }

  remember(session: Session): void {
    const known = this.sessions.get(session.session_id);
    if (known === undefined || known.revision < session.revision)
      this.sessions.set(session.session_id, session);
  }

  async forget(sessionId: string): Promise<void> {
    this.sessions.delete(sessionId);
    await this.contexts.delete([sessionId]).catch(() => undefined);
  }

  async findCommand(sessionId: string, ids: readonly string[]): ReturnType<SessionCachePort['findCommand']> {
    try {
      return await this.contexts.findCommand(sessionId, ids);
    } catch (error) {
      if (this.withoutRecord === 'waits') throw error;
      return { revision: Number.MAX_SAFE_INTEGER };
    }
  }

  async restore(sessionId: string): Promise<void> {
    await rebuildContext(this.store, this.contexts, sessionId);
  }
}
