import type { Inquiry, InquiryStep } from '#domain';
import type { Rules } from '../privacy/mask.ts';
import { mask } from '../privacy/mask.ts';
import type { Answer } from '../privacy/shows.ts';
import type { InquiryTimeline } from './timeline.ts';

/** References to orders, payouts and shipments are not masked; answers about them are. */
export const inquiryRules: Rules<Inquiry> = {
  inquiry_id: 'plain',
  kind: 'plain',
  subject: 'masked',
  about: 'plain',
  status: 'plain',
  opened_at: 'plain',
  deadline: 'plain',
  closed_at: 'plain',
  sources: {
    '*': {
      status: 'plain',
      required: 'plain',
      after: 'plain',
      attempt: 'plain',
      asked_at: 'plain',
      settled_at: 'plain',
      latency_ms: 'plain',
      reason: 'masked',
      said_no: 'plain',
      data: 'masked',
    },
  },
  answer: 'masked',
  corrections: 'plain',
  correlation_id: 'plain',
  traceparent: 'plain',
};

const stepRules: Rules<InquiryStep> = {
  step: 'plain',
  at: 'plain',
  revision: 'plain',
  source: 'plain',
  attempt: 'plain',
  reason: 'masked',
  cause: 'plain',
  outcome: 'plain',
  occurred_at_source: 'plain',
  source_traceparent: 'plain',
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
