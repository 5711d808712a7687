import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Session } from '#domain';
import type { SnapshotStore } from '#event-store';
import { EventStore } from '#event-store';
import { ContextStore, refold } from '#read-models';

/** How many sessions this process keeps. One that is out of date is found out by the append and read on from there. */
const sessionsKept = 5_000;

/** The sessions as this process or the projector saw them last: memory first, then Redis. Without Redis, the stream. */
@Injectable()
export class Snapshots implements SnapshotStore {
  private readonly sessions = new LRUCache<string, Session>({ max: sessionsKept });

  constructor(
    private readonly store: EventStore,
    private readonly contexts: ContextStore,
  ) {}

  /** What this process keeps of a session, without asking anyone. */
  peek(sessionId: string): Session | undefined {
    return this.sessions.get(sessionId);
  }

  async load(sessionId: string): Promise<Session | undefined> {
    return this.sessions.get(sessionId) ?? this.contexts.load(sessionId).catch(() => undefined);
  }

  remember(session: Session): void {
    const known = this.sessions.get(session.session_id);
    if (known === undefined || known.revision < session.revision)
      this.sessions.set(session.session_id, session);
  }

  /** With Redis away only the latest commands of a session are recognised, those that it remembers itself. */
  async findCommand(sessionId: string, ids: readonly string[]): ReturnType<SnapshotStore['findCommand']> {
    return this.contexts.findCommand(sessionId, ids).catch(() => ({ revision: Number.MAX_SAFE_INTEGER }));
  }

  async restore(sessionId: string): Promise<void> {
    await refold(this.store, this.contexts, sessionId);
  }
}
