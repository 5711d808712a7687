import { Query, QueryHandler } from '@nestjs/cqrs';
import type { IQueryHandler } from '@nestjs/cqrs';
import type { RawEvent } from '#sessions';
import { EventStore, readRawEvents } from '#sessions';

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
