import { Query, QueryHandler } from '@nestjs/cqrs';
import type { IQueryHandler } from '@nestjs/cqrs';
import type { Inquiry, InquiryEvent, InquiryMemory, RecordedEvent } from '#domain';
import { evolveInquiries } from '#domain';
import { EventStore, foldEvents } from '#sessions';
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

  /** An inquiry that the state no longer has, folded from its own events in the stream. */
  private async foldAlone(sessionId: string, inquiryId: string): Promise<Inquiry | undefined> {
    const none: InquiryMemory = { inquiries: { open: [], closed: [] }, earlier_inquiries: [] };
    const { inquiries } = await foldEvents(this.store, sessionId, none, (memory, event) =>
      isOf(inquiryId, event) ? evolveInquiries(memory, event, event.metadata.occurred_at) : memory,
    );
    return [...inquiries.open, ...inquiries.closed][0];
  }
}

function isOf(inquiryId: string, event: RecordedEvent): event is RecordedEvent<InquiryEvent> {
  return (
    event.type.startsWith('Inquiry') && 'inquiry_id' in event.data && event.data.inquiry_id === inquiryId
  );
}
