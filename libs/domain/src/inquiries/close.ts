import type { HandoffRequested } from '../handoff/events.ts';
import type { Handoff } from '../handoff/state.ts';
import type { InquiryClosed, InquiryEvent, InquiryOutcome } from './events.ts';
import { evolveInquiry } from './evolve-inquiry.ts';
import type { InquiryKind } from './kinds.ts';
import { mergeAnswers, mergedAnswerLimit } from './kinds.ts';
import { answersOf } from './requests.ts';
import type { Inquiry } from './state.ts';
import { isPending } from './state.ts';

/**
 * Closes an inquiry with its merged answer; if its kind declares it, a missing required answer requests a handoff.
 * @param sent the sources whose requests were certainly sent
 * @param limit the size of the answer (characters of JSON)
 */
export function closeInquiry(
  inquiry: Inquiry,
  declared: InquiryKind | undefined,
  cause: InquiryClosed['data']['cause'],
  handoff: Handoff,
  sent: readonly string[] = [],
  limit = mergedAnswerLimit,
): (InquiryEvent | HandoffRequested)[] {
  const { inquiry_id, kind, subject } = inquiry;
  const answers = answersOf(inquiry);
  const isOver = cause === 'settled' || cause === 'deadline';
  const fallback = isOver ? (declared?.fallback ?? null) : null;
  const some = Object.keys(answers).length > 0;
  const asked = Object.entries(inquiry.sources).filter(
    ([, { status }]) => status === 'asked' || status === 'retrying',
  );
  const unanswered = asked.map(([name]) => name);
  const silent = unanswered.filter((name) => sent.includes(name));
  const closed: InquiryClosed = {
    type: 'InquiryClosed',
    data: {
      inquiry_id,
      kind,
      outcome: outcomeOf(inquiry, declared, cause),
      cause,
      answer: some ? mergeAnswers(declared, subject, answers, limit) : fallback,
      unanswered,
      ...(silent.length > 0 && { silent }),
    },
  };
  return [closed, ...(isOver ? requestHandoff(inquiry, declared, handoff) : [])];
}

/** Closes the inquiry together with these events when nothing is pending after them. */
export function closeWhenSettled(
  inquiry: Inquiry,
  declared: InquiryKind | undefined,
  events: readonly InquiryEvent[],
  now: string,
  handoff: Handoff,
): (InquiryEvent | HandoffRequested)[] {
  const after = events.reduce((before, event) => evolveInquiry(before, event, now), inquiry);
  return Object.values(after.sources).some(isPending)
    ? []
    : closeInquiry(after, declared, 'settled', handoff);
}

function outcomeOf(
  { sources }: Inquiry,
  declared: InquiryKind | undefined,
  cause: InquiryClosed['data']['cause'],
): InquiryOutcome {
  if (cause === 'cancelled' || cause === 'session_over') return 'cancelled';
  const list = Object.values(sources);
  const isSettled = list.every(({ status }) => status === 'answered' || status === 'skipped');
  // An unknown kind might have asked other sources, too.
  if (isSettled && declared !== undefined) return 'complete';
  if (list.some(({ required, status, said_no }) => required && status === 'failed' && said_no))
    return 'failed';
  return list.some(({ status }) => status === 'answered') ? 'partial' : 'expired';
}

function requestHandoff(
  { kind, sources }: Inquiry,
  declared: InquiryKind | undefined,
  handoff: Handoff,
): HandoffRequested[] {
  if (declared?.without_required !== 'request_handoff') return [];
  const missing = Object.entries(sources).find(
    ([, { required, status }]) => required && status !== 'answered' && status !== 'skipped',
  );
  if (missing === undefined || handoff !== 'none') return [];
  return [{ type: 'HandoffRequested', data: { reason: `inquiry ${kind}: no answer from ${missing[0]}` } }];
}
