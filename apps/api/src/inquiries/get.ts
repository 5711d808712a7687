import { Query, QueryHandler } from '@nestjs/cqrs';
import type { IQueryHandler } from '@nestjs/cqrs';
import type { Inquiry, InquiryEvent, RecordedEvent } from '#domain';
import { evolveInquiries, noInquiries } from '#domain';
import { EventStore, foldEvents } from '#sessions';
import { SessionCache } from '#read-models';

/** An inquiry as of the session's last event, or undefined when there is none. */
export class GetInquiry extends Query<Inquiry | undefined> {
  constructor(
    readonly sessionId: string,
    readonly inquiryId: string,
    readonly signal: AbortSignal,
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

  async execute({ sessionId, inquiryId, signal }: GetInquiry): Promise<Inquiry | undefined> {
    const { state } = await this.sessionCache.latest(sessionId, signal);
    const { open, closed } = state.inquiries;
    const found = [...open, ...closed].find((item) => item.inquiry_id === inquiryId);
    if (found) return found;
    return state.earlier_inquiries.includes(inquiryId)
      ? this.foldAlone(this.store.until(signal), sessionId, inquiryId)
      : undefined;
  }

  /** An inquiry that is no longer in the state, folded from its own events in the stream. */
  private async foldAlone(
    store: EventStore,
    sessionId: string,
    inquiryId: string,
  ): Promise<Inquiry | undefined> {
    const { inquiries } = await foldEvents(store, sessionId, noInquiries, (state, event) =>
      isOf(inquiryId, event) ? evolveInquiries(state, event) : state,
    );
    return [...inquiries.open, ...inquiries.closed][0];
  }
}

/** Whether an event belongs to this inquiry. */
export function isOf(inquiryId: string, event: RecordedEvent): event is RecordedEvent<InquiryEvent> {
  return (
    event.type.startsWith('Inquiry') && 'inquiry_id' in event.data && event.data.inquiry_id === inquiryId
  );
}
