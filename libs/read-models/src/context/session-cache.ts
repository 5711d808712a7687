import { LRUCache } from 'lru-cache';
import type { Session } from '#domain';
import { newSession } from '#domain';
import type { CommandLookup, EventStore, SessionCachePort } from '#sessions';
import { foldStream } from '#sessions';
import type { ContextStore } from './store.ts';

/** How many sessions a process keeps. One that is out of date is found out by the append and read on from there. */
const sessionsKept = 5_000;

/** The sessions as this process or the projector saw them last: memory first, then Redis. Without Redis, the stream. */
export class SessionCache implements SessionCachePort {
  private readonly sessions = new LRUCache<string, Session>({ max: sessionsKept });

  constructor(
    private readonly store: EventStore,
    private readonly contexts: ContextStore,
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

  async findCommand(sessionId: string, ids: readonly string[]): Promise<CommandLookup> {
    return this.contexts.findCommand(sessionId, ids).catch(() => ({ revision: -1 }));
  }
}
