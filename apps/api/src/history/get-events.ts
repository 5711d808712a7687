import { Query, QueryHandler } from '@nestjs/cqrs';
import type { IQueryHandler } from '@nestjs/cqrs';
import type { RecordedEvent } from '#domain';
import { EventStore, readEvents } from '#sessions';

/** A page of a session's events, oldest first. */
export class GetEvents extends Query<RecordedEvent[]> {
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

  async execute({ sessionId, from, limit }: GetEvents): Promise<RecordedEvent[]> {
    return Array.fromAsync(readEvents(this.store, sessionId, { from, limit }));
  }
}
