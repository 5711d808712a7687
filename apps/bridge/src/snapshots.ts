import { LRUCache } from 'lru-cache';
import type { Session } from '#domain';
import type { EventStore, SnapshotStore } from '#event-store';
import type { ContextStore } from '#read-models';
import { refold } from '#read-models';

/** How many sessions this process keeps. One that is out of date is found out by the append and read on from there. */
const sessionsKept = 5_000;

/**
 * The sessions as this process or the projector saw them last. Unlike the api's, it insists on the record of older
 * commands: a message that cannot be told from a repeated one waits until Redis is back.
 */
export class Snapshots implements SnapshotStore {
  private readonly sessions = new LRUCache<string, Session>({ max: sessionsKept });

  constructor(
    private readonly store: EventStore,
    private readonly contexts: ContextStore,
  ) {}

  async load(sessionId: string): Promise<Session | undefined> {
    return this.sessions.get(sessionId) ?? this.contexts.load(sessionId).catch(() => undefined);
  }

  remember(session: Session): void {
    const known = this.sessions.get(session.session_id);
    if (known === undefined || known.revision < session.revision)
      this.sessions.set(session.session_id, session);
  }

  findCommand(sessionId: string, ids: readonly string[]): ReturnType<SnapshotStore['findCommand']> {
    return this.contexts.findCommand(sessionId, ids);
  }

  async restore(sessionId: string): Promise<void> {
    await refold(this.store, this.contexts, sessionId);
  }
}
