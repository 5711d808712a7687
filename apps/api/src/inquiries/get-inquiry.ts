import { Query, QueryHandler } from '@nestjs/cqrs';
import type { IQueryHandler } from '@nestjs/cqrs';
import type { Inquiry, InquiryMemory } from '#domain';
import { evolveInquiries } from '#domain';
import { EventStore, readEvents } from '#sessions';
import { SessionCache } from '#read-models';

/** An inquiry as of the session's last event, or undefined when there is none. */
export class GetInquiry extends Query<Inquiry | undefined> {
  constructor(
    readonly sessionId: string,
    readonly inquiryId: string,
  ) {
    super();
  }
}

@QueryHandler(GetInquiry)
export class GetInquiryHandler implements IQueryHandler<GetInquiry> {
  constructor(
    private readonly store: EventStore,
    private readonly sessionCache: SessionCache,
  ) {}

  async execute({ sessionId, inquiryId }: GetInquiry): Promise<Inquiry | undefined> {
    const { state } = await this.sessionCache.latest(sessionId);
    const { open, closed } = state.inquiries;
    const found = [...open, ...closed].find((item) => item.inquiry_id === inquiryId);
    if (found) return found;
    return state.earlier_inquiries.includes(inquiryId) ? this.foldAlone(sessionId, inquiryId) : undefined;
  }

  /** One that the state does not hold any more: its own events, out of the whole stream. */
  private async foldAlone(sessionId: string, inquiryId: string): Promise<Inquiry | undefined> {
    let memory: InquiryMemory = { inquiries: { open: [], closed: [] }, earlier_inquiries: [] };
    for await (const event of readEvents(this.store, sessionId)) {
      const own = 'inquiry_id' in event.data && event.data.inquiry_id === inquiryId;
      if (own && event.type.startsWith('Inquiry'))
        memory = evolveInquiries(
          memory,
          event as Parameters<typeof evolveInquiries>[1],
          event.metadata.occurred_at,
        );
    }
    return [...memory.inquiries.open, ...memory.inquiries.closed][0];
  }
}
