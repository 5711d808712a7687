import type { Inquiry } from '#domain';
import type { Page } from '#read-models';
import type { Versioned } from '../common/conditional-get.interceptor.ts';
import type { EventsPageDto, TurnRowDto } from '../history/dto.ts';
import type { InquiryTimeline } from '../inquiries/timeline.ts';
import { mask } from './mask.ts';
import { ownerIn } from './reads.ts';
import type { ShownContext } from './rules.ts';
import { contextRules, inquiryRules, maskEvent, stepRules, turnRules } from './rules.ts';
import type { Answer } from './shows.ts';

export const shownContext: Answer<Versioned> = {
  action: 'read_context',
  mask: ({ body, ...more }) => ({ ...more, body: JSON.stringify(mask(parsed(body), contextRules)) }),
  shown: ({ body }, session_id) => [{ session_id, partner_id: parsed(body).partner_id }],
};

export const shownEvents: Answer<EventsPageDto> = {
  action: 'read_events',
  mask: ({ events, ...more }) => ({ ...more, events: events.map(maskEvent) }),
  shown: ({ events }, session_id) => {
    const partner_id = events.map(ownerIn).find((id) => id !== undefined);
    return events.length === 0 ? [] : [{ session_id, partner_id }];
  },
};

export const shownTurns: Answer<Page<TurnRowDto>> = {
  action: 'read_turns',
  mask: ({ items, ...more }) => ({ ...more, items: items.map((item) => mask(item, turnRules)) }),
  shown: ({ items }) => [...new Map(items.map((item) => [item.session_id, item])).values()],
};

export const shownInquiry: Answer<Inquiry> = {
  action: 'read_inquiry',
  mask: (inquiry) => mask(inquiry, inquiryRules),
  shown: (_inquiry, session_id) => [{ session_id }],
};

export const shownTimeline: Answer<InquiryTimeline> = {
  action: 'read_inquiry_timeline',
  mask: ({ steps, ...more }) => ({ ...more, steps: steps.map((step) => mask(step, stepRules)) }),
  shown: (_timeline, session_id) => [{ session_id }],
};

function parsed(body: string): ShownContext {
  return JSON.parse(body) as ShownContext;
}
