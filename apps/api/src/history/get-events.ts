import { Query, QueryHandler } from '@nestjs/cqrs';
import type { IQueryHandler } from '@nestjs/cqrs';
import type { HistoryRange, RawEvent } from '#sessions';
import { EventStore, readHistory } from '#sessions';
import { PageBudget } from '#platform';

/** Events, and the revision at which the next page starts; null: these are the last. */
interface EventsPage {
  readonly events: RawEvent[];
  readonly next_revision: number | null;
}

/** A page of a session's events as they were written. */
export class GetEvents extends Query<EventsPage> {
  constructor(
    readonly sessionId: string,
    readonly range: HistoryRange,
    readonly limit: number,
    readonly signal: AbortSignal,
  ) {
    super();
  }
}

@QueryHandler(GetEvents)
export class GetEventsHandler implements IQueryHandler<GetEvents> {
  constructor(private readonly store: EventStore) {}

  async execute({ sessionId, range, limit, signal }: GetEvents): Promise<EventsPage> {
    const budget = new PageBudget();
    const events: RawEvent[] = [];
    const store = this.store.until(signal);
    for await (const event of readHistory(store, sessionId, { ...range, wanted: limit })) {
      if (!budget.takes(event)) return { events, next_revision: event.revision };
      events.push(event);
      if (events.length === limit) return { events, next_revision: nextOf(event.revision, range) };
    }
    return { events, next_revision: null };
  }
}

/** The next revision after a full page; null: the page has reached the end. */
function nextOf(revision: number, { direction, to }: HistoryRange): number | null {
  if (revision === to) return null;
  if (direction === 'forwards') return revision + 1;
  return revision === 0 ? null : revision - 1;
}
