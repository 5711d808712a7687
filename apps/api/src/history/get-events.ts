import { Query, QueryHandler } from '@nestjs/cqrs';
import type { IQueryHandler } from '@nestjs/cqrs';
import type { RawEvent } from '#sessions';
import { EventStore, readRawEvents } from '#sessions';
import { PageBudget } from '#platform';

/** Events, and the revision at which the next page starts; null: these are the last. */
interface EventsPage {
  readonly events: RawEvent[];
  readonly next_revision: number | null;
}

/** A page of a session's events as they were written, oldest first. */
export class GetEvents extends Query<EventsPage> {
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

  async execute({ sessionId, from, limit }: GetEvents): Promise<EventsPage> {
    const budget = new PageBudget();
    const events: RawEvent[] = [];
    for await (const event of readRawEvents(this.store, sessionId, { from, limit })) {
      if (!budget.takes(event)) return { events, next_revision: event.revision };
      events.push(event);
    }
    const last = events.at(-1);
    return { events, next_revision: last === undefined || events.length < limit ? null : last.revision + 1 };
  }
}
