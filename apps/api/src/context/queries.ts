import { Query, QueryHandler } from '@nestjs/cqrs';
import type { IQueryHandler } from '@nestjs/cqrs';
import type { Explanation, Session } from '#domain';
import { contextOf, explainEvent, newExplained, newSession } from '#domain';
import type { RawEvent } from '#sessions';
import { EventStore, foldEvents, foldStream, readRawEvents } from '#sessions';
import { ContextStore, rebuildContext, SessionCache, SessionSetAsideError } from '#read-models';

/** A context as JSON text, or undefined when there is no such session. */
export class GetContext extends Query<{ revision: number; body: string } | undefined> {
  constructor(
    readonly sessionId: string,
    /** Fold at least up to here. */
    readonly minRevision: number | undefined,
  ) {
    super();
  }
}

@QueryHandler(GetContext)
export class GetContextHandler implements IQueryHandler<GetContext> {
  constructor(
    private readonly store: EventStore,
    private readonly contexts: ContextStore,
    private readonly sessionCache: SessionCache,
  ) {}

  async execute({
    sessionId,
    minRevision = -1,
  }: GetContext): Promise<{ revision: number; body: string } | undefined> {
    const document = await this.contexts.document(sessionId).catch((error: unknown) => {
      if (error instanceof SessionSetAsideError) throw error;
      return undefined;
    });
    if (document !== undefined && document.revision >= minRevision) return document;
    const kept = (await this.sessionCache.load(sessionId)) ?? newSession(sessionId);
    const session =
      kept.revision >= minRevision && minRevision >= 0 ? kept : await foldStream(this.store, kept);
    if (session.revision < 0) return undefined;
    if (document === undefined) rebuildContext(this.store, this.contexts, sessionId).catch(() => undefined);
    return { revision: session.revision, body: JSON.stringify(contextOf(session)) };
  }
}

/** A context with, for each field, the event that set it. Folds the whole stream: a question of people, not of agents. */
export class ExplainContext extends Query<{
  session: Session;
  fields: Readonly<Record<string, Explanation>>;
}> {
  constructor(readonly sessionId: string) {
    super();
  }
}

@QueryHandler(ExplainContext)
export class ExplainContextHandler implements IQueryHandler<ExplainContext> {
  constructor(private readonly store: EventStore) {}

  async execute({ sessionId }: ExplainContext): Promise<{
    session: Session;
    fields: Readonly<Record<string, Explanation>>;
  }> {
    return foldEvents(this.store, sessionId, newExplained(sessionId), explainEvent);
  }
}

/** A page of a session's events as they were written, oldest first. */
export class GetEvents extends Query<RawEvent[]> {
  constructor(
    readonly sessionId: string,
    readonly from: number,
    readonly limit: number,
  ) {
    super();
  }
}

@QueryHandler(GetEvents)
export class GetEventsHandler implements IQueryHandler<GetEvents> {
  constructor(private readonly store: EventStore) {}

  async execute({ sessionId, from, limit }: GetEvents): Promise<RawEvent[]> {
    return Array.fromAsync(readRawEvents(this.store, sessionId, { from, limit }));
  }
}
