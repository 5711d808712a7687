import { Query, QueryHandler } from '@nestjs/cqrs';
import type { IQueryHandler } from '@nestjs/cqrs';
import type { InquiryStep } from '#domain';
import { stepsOf } from '#domain';
import { EventStore, readEvents } from '#sessions';
import { SessionCache } from '#read-models';
import { isOf } from './get.ts';

/** The maximum number of steps of a timeline; later ones are left out. */
export const timelineLimit = 500;

/** The steps of an inquiry, in order. */
export interface InquiryTimeline {
  readonly inquiry_id: string;
  readonly steps: readonly InquiryStep[];
  /** Whether there are more steps than these. */
  readonly truncated: boolean;
}

/** The timeline of an inquiry, or undefined when there is none. */
export class GetTimeline extends Query<InquiryTimeline | undefined> {
  constructor(
    readonly sessionId: string,
    readonly inquiryId: string,
    readonly signal: AbortSignal,
  ) {
    super();
  }
}

@QueryHandler(GetTimeline)
export class GetTimelineHandler implements IQueryHandler<GetTimeline> {
  constructor(
    private readonly store: EventStore,
    private readonly sessionCache: SessionCache,
  ) {}

  /** A source may send corrections at any time, so the whole stream is read. */
  async execute({ sessionId, inquiryId, signal }: GetTimeline): Promise<InquiryTimeline | undefined> {
    const { state, revision } = await this.sessionCache.latest(sessionId, signal);
    const { open, closed } = state.inquiries;
    const isKnown = [...open, ...closed].some((item) => item.inquiry_id === inquiryId);
    if (!isKnown && !state.earlier_inquiries.includes(inquiryId)) return undefined;
    const steps: InquiryStep[] = [];
    for await (const event of readEvents(this.store.until(signal), sessionId, { reaching: revision }))
      if (isOf(inquiryId, event) && steps.length <= timelineLimit) steps.push(...stepsOf(event));
    return {
      inquiry_id: inquiryId,
      steps: steps.slice(0, timelineLimit),
      truncated: steps.length > timelineLimit,
    };
  }
}
