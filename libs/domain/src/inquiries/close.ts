import type { HandoffRequested } from '../handoff/events.ts';
import type { Handoff } from '../handoff/state.ts';
import type { InquiryClosed, InquiryEvent, InquiryOutcome } from './events.ts';
import { inquiryKind } from './kinds.ts';
import { answersOf } from './requests.ts';
import type { Inquiry } from './state.ts';

/** Closes an inquiry with its merged answer; where its kind says so, a missing required answer requests a handoff. */
export function closeInquiry(
  inquiry: Inquiry,
  cause: InquiryClosed['data']['cause'],
  handoff: Handoff,
): (InquiryEvent | HandoffRequested)[] {
  const { inquiry_id, kind, subject } = inquiry;
  const answers = answersOf(inquiry);
  const some = Object.keys(answers).length > 0;
  const merge = inquiryKind(kind)?.merge;
  const answer = some ? (merge ? merge(subject, answers) : answers) : null;
  const asked = Object.entries(inquiry.sources).filter(
    ([, { status }]) => status === 'asked' || status === 'retrying',
  );
  const unanswered = asked.map(([name]) => name);
  const data = { inquiry_id, kind, outcome: outcomeOf(inquiry, cause), cause, answer, unanswered };
  const closed: InquiryClosed = { type: 'InquiryClosed', data };
  return [closed, ...(cause === 'settled' || cause === 'deadline' ? requestHandoff(inquiry, handoff) : [])];
}

function outcomeOf({ sources }: Inquiry, cause: InquiryClosed['data']['cause']): InquiryOutcome {
  if (cause === 'cancelled' || cause === 'session_over') return 'cancelled';
  const list = Object.values(sources);
  if (list.every(({ status }) => status === 'answered' || status === 'skipped')) return 'complete';
  return list.some(({ status }) => status === 'answered') ? 'partial' : 'expired';
}

function requestHandoff({ kind, sources }: Inquiry, handoff: Handoff): HandoffRequested[] {
  if (inquiryKind(kind)?.without_required !== 'request_handoff') return [];
  const missing = Object.entries(sources).find(
    ([, { required, status }]) => required && status !== 'answered' && status !== 'skipped',
  );
  if (missing === undefined || handoff !== 'none') return [];
  return [{ type: 'HandoffRequested', data: { reason: `inquiry ${kind}: no answer from ${missing[0]}` } }];
}
