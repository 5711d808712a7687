import { Query, QueryHandler } from '@nestjs/cqrs';
import type { IQueryHandler } from '@nestjs/cqrs';
import { contextOf, explainEvent, explanationsOf, newExplained, newSession } from '#domain';
import type { PastPoint } from '#sessions';
import { EventStore, foldEvent, foldPast } from '#sessions';
import type { Versioned } from '../common/answers.ts';

/** A past context: the fold of exactly the events up to a point. @throws NoSuchPastError where there is none */
export class GetPastContext extends Query<Versioned> {
  constructor(
    readonly sessionId: string,
    readonly point: PastPoint,
    /** Whether the context names for each field the event that set it. */
    readonly explained: boolean,
    readonly signal: AbortSignal,
  ) {
    super();
  }
}

@QueryHandler(GetPastContext)
export class GetPastContextHandler implements IQueryHandler<GetPastContext> {
  constructor(private readonly store: EventStore) {}

  async execute({ sessionId, point, explained, signal }: GetPastContext): Promise<Versioned> {
    const store = this.store.until(signal);
    if (!explained) {
      const session = await foldPast(store, sessionId, point, newSession(sessionId), foldEvent);
      return { revision: session.revision, body: JSON.stringify(contextOf(session)) };
    }
    const folded = await foldPast(store, sessionId, point, newExplained(sessionId), explainEvent);
    const body = { ...contextOf(folded.session), explained: explanationsOf(folded) };
    return { revision: folded.session.revision, body: JSON.stringify(body) };
  }
}
