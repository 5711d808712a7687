import type { HandoffRequested } from '../handoff/events.ts';
import type { Handoff } from '../handoff/state.ts';
import type { Decision } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import { canonicalJson } from '../kernel/json.ts';
import { plusMs } from '../kernel/time.ts';
import { unknownCommand } from '../kernel/unknown.ts';
import { closeInquiry, closeWhenSettled } from './close.ts';
import type { CancelInquiry, CloseInquiry, InquiryCommand, OpenInquiry } from './commands.ts';
import { decideReply } from './decide-reply.ts';
import { openInquiry } from './evolve-inquiry.ts';
import type { InquiryEvent, InquiryOpened } from './events.ts';
import { failUnaskable } from './fail.ts';
import { mergedAnswerLimit, requestTo } from './kinds.ts';
import { dueRequests } from './requests.ts';
import type { InquiryState } from './state.ts';
import { findInquiry, kindOf, openInquiriesLimit } from './state.ts';

export type InquiryRejection =
  | 'inquiry_subject'
  | 'too_many_inquiries'
  | 'inquiry_not_found'
  | 'unknown_source';
/** The size limit of all answers that inquiries get when their session ends (characters of JSON). */
const answersLimit = 4 * mergedAnswerLimit;

type InquiryDecision = Decision<InquiryEvent | HandoffRequested, InquiryRejection>;

/** Decides a command about the inquiries of a session. Closing one may request a handoff. */
export function decideInquiry(
  command: InquiryCommand,
  state: InquiryState,
  handoff: Handoff,
): InquiryDecision {
  switch (command.type) {
    case 'OpenInquiry':
      return open(command, state, handoff);
    case 'AnswerInquiry':
    case 'FailInquirySource':
      return decideReply(command, state, handoff);
    case 'CloseInquiry':
      return close(command, state, handoff);
    case 'CancelInquiry':
      return cancel(command, state, handoff);
    default:
      return unknownCommand(command);
  }
}

/** The same question joins the open inquiry: nothing is asked twice. */
function open(command: OpenInquiry, state: InquiryState, handoff: Handoff): InquiryDecision {
  const { kind: name, declared, subject, now } = command;
  const { inquiries } = state;
  const missing = declared.subject.filter(
    (field) => typeof subject[field] !== 'string' || subject[field] === '',
  );
  if (missing.length > 0) {
    return reject('inquiry_subject', `An inquiry "${name}" needs ${missing.join(', ')} in its subject.`);
  }
  const expired = inquiries.open.filter((item) => item.deadline <= now);
  const live = inquiries.open.filter((item) => item.deadline > now);
  const closed = expired.flatMap((item) => closeInquiry(item, kindOf(state, item), 'deadline', handoff));
  const same = live.find(
    (item) => item.kind === name && canonicalJson(item.subject) === canonicalJson(subject),
  );
  if (same) return accept(...closed);
  if (live.length >= openInquiriesLimit) {
    return reject('too_many_inquiries', `A session has ${openInquiriesLimit} inquiries open at most.`);
  }
  return accept(...withOneHandoff([...closed, ...opened(command, handoff)]));
}

/** Each inquiry that closes may request a handoff: the first request is enough. */
function withOneHandoff<E extends InquiryEvent | HandoffRequested>(events: readonly E[]): E[] {
  const first = events.find(({ type }) => type === 'HandoffRequested');
  return events.filter((event) => event.type !== 'HandoffRequested' || event === first);
}

/** The events that open an inquiry. Sources without dependencies are asked, skipped, or fail if they cannot be asked. */
function opened(command: OpenInquiry, handoff: Handoff): (InquiryEvent | HandoffRequested)[] {
  const { inquiry_id, kind, declared, subject, timeout_ms, now } = command;
  const sources = Object.entries(declared.sources).map(([source, { after = [], required = false }]) => ({
    source,
    after,
    required,
  }));
  const { requests, skipped, failed } = dueRequests(sources, [], (source) =>
    requestTo(source, declared, subject, {}),
  );
  const deadline = plusMs(now, timeout_ms ?? declared.deadline_ms);
  const data = { inquiry_id, kind, subject, sources, deadline, requests, declared };
  const event: InquiryOpened = {
    type: 'InquiryOpened',
    data: skipped.length > 0 ? { ...data, skipped } : data,
  };
  const inquiry = openInquiry(event.data, now, { correlation_id: '', traceparent: null });
  const failures = failUnaskable(inquiry, failed);
  return [event, ...failures, ...closeWhenSettled(inquiry, declared, failures, now, handoff)];
}

function close(
  { inquiry_id, sent = [], now }: CloseInquiry,
  state: InquiryState,
  handoff: Handoff,
): InquiryDecision {
  const inquiry = state.inquiries.open.find((item) => item.inquiry_id === inquiry_id);
  if (inquiry === undefined || now < inquiry.deadline) return accept();
  return accept(...closeInquiry(inquiry, kindOf(state, inquiry), 'deadline', handoff, sent));
}

function cancel({ inquiry_id }: CancelInquiry, state: InquiryState, handoff: Handoff): InquiryDecision {
  const inquiry = findInquiry(state, inquiry_id);
  if (inquiry?.status === 'open')
    return accept(...closeInquiry(inquiry, kindOf(state, inquiry), 'cancelled', handoff));
  if (inquiry || state.earlier_inquiries.includes(inquiry_id)) return accept();
  return reject('inquiry_not_found', 'The session has no such inquiry.');
}

/**
 * The events that close the open inquiries of a session that ends. They are appended together, so their answers share a
 * limit: an append holds a megabyte. Smaller answers leave what they do not need to larger ones.
 */
export function cancelAll(state: InquiryState, handoff: Handoff): (InquiryEvent | HandoffRequested)[] {
  const closed = (limit: number): (InquiryEvent | HandoffRequested)[] =>
    state.inquiries.open.flatMap((inquiry) =>
      closeInquiry(inquiry, kindOf(state, inquiry), 'session_over', handoff, [], limit),
    );
  const whole = closed(mergedAnswerLimit);
  const sizes = whole.map((event) =>
    event.type === 'InquiryClosed' && event.data.answer !== null
      ? JSON.stringify(event.data.answer).length
      : 0,
  );
  const limit = shareOf(sizes, answersLimit);
  return limit < mergedAnswerLimit ? closed(limit) : whole;
}

/** The largest limit of each size with which their sum is within a limit. */
function shareOf(sizes: readonly number[], limit: number): number {
  let left = limit;
  for (const [index, size] of sizes.toSorted((one, other) => one - other).entries()) {
    const share = Math.floor(left / (sizes.length - index));
    if (size > share) return share;
    left -= size;
  }
  return Infinity;
}
