import { Query, QueryHandler } from '@nestjs/cqrs';
import type { IQueryHandler } from '@nestjs/cqrs';
import { LRUCache } from 'lru-cache';
import { contextOf, explainEvent, explanationsOf, newExplained, newSession } from '#domain';
import { RedisBreaker } from '#platform';
import { EventStore, foldEvents, foldStream } from '#sessions';
import { ContextStore, rebuildContext, SessionCache, SessionSetAsideError } from '#read-models';
import type { Versioned } from '../common/answers.ts';

/** A context, or undefined when there is no such session. */
export class GetContext extends Query<Versioned | undefined> {
  constructor(
    readonly sessionId: string,
    /** The context has to be folded at least up to this revision. */
    readonly minRevision: number | undefined,
    readonly signal: AbortSignal,
  ) {
    super();
  }
}

/** The number of sessions for which a node remembers the last shown revision. */
const sessionsShown = 10_000;

@QueryHandler(GetContext)
export class GetContextHandler implements IQueryHandler<GetContext> {
  /** The highest revision of each session that this node has shown: a reader of this node never sees one go back. */
  private readonly shown = new LRUCache<string, number>({ max: sessionsShown });

  constructor(
    private readonly store: EventStore,
    private readonly contexts: ContextStore,
    private readonly sessionCache: SessionCache,
    private readonly breaker: RedisBreaker,
  ) {}

  async execute({ sessionId, minRevision = -1, signal }: GetContext): Promise<Versioned | undefined> {
    const floor = Math.max(minRevision, this.shown.get(sessionId) ?? -1);
    const context = await this.read(sessionId, minRevision, floor, signal);
    const shown = this.shown.get(sessionId) ?? -1;
    // Below the floor: the stream itself has become shorter.
    if (context !== undefined && (context.revision > shown || context.revision < floor))
      this.shown.set(sessionId, context.revision);
    return context;
  }

  /** A document that lags behind what this node has folded is not shown. */
  private async read(
    sessionId: string,
    minRevision: number,
    floor: number,
    signal: AbortSignal,
  ): Promise<Versioned | undefined> {
    const document = await this.contexts
      .document(sessionId, (read) => this.breaker.run(read))
      .catch(unlessSetAside);
    if (document && document.revision >= floor) return document;
    const kept = (await this.sessionCache.load(sessionId)) ?? newSession(sessionId);
    const isWanted = Boolean(document) || minRevision >= 0;
    const isEnough = isWanted && kept.revision >= Math.max(0, floor);
    const session = isEnough ? kept : await foldStream(this.store.until(signal), kept);
    if (session.revision < 0) return undefined;
    if (document === null || this.contexts.isFull) this.sessionCache.remember(session);
    else if (document === undefined)
      rebuildContext(this.store, this.contexts, sessionId).catch(() => undefined);
    return { revision: session.revision, body: JSON.stringify(contextOf(session)) };
  }
}

/** Null: Redis does not answer, and the context is folded. A session that is set aside has no usable context. */
function unlessSetAside(error: unknown): null {
  if (error instanceof SessionSetAsideError) throw error;
  return null;
}

/** A context with the event that set each field. Folds the whole stream: people request it, not agents. */
export class ExplainContext extends Query<Versioned | undefined> {
  constructor(
    readonly sessionId: string,
    readonly signal: AbortSignal,
  ) {
    super();
  }
}

@QueryHandler(ExplainContext)
export class ExplainContextHandler implements IQueryHandler<ExplainContext> {
  constructor(private readonly store: EventStore) {}

  async execute({ sessionId, signal }: ExplainContext): Promise<Versioned | undefined> {
    const explained = newExplained(sessionId);
    const folded = await foldEvents(this.store.until(signal), sessionId, explained, explainEvent);
    const { session } = folded;
    if (session.revision < 0) return undefined;
    return {
      revision: session.revision,
      body: JSON.stringify({ ...contextOf(session), explained: explanationsOf(folded) }),
    };
  }
}
