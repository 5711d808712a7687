import type { HandoffRequested } from '../handoff/events.ts';
import type { Handoff } from '../handoff/state.ts';
import type { Decision } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import { canonicalJson } from '../kernel/json.ts';
import { plusMs } from '../kernel/time.ts';
import { unknownCommand } from '../kernel/unknown.ts';
import { closeInquiry } from './close.ts';
import type { CancelInquiry, CloseInquiry, InquiryCommand, OpenInquiry } from './commands.ts';
import { decideReply } from './decide-reply.ts';
import type { InquiryEvent, InquiryOpened } from './events.ts';
import type { InquiryKind } from './kinds.ts';
import { inquiryKind } from './kinds.ts';
import type { InquiryState } from './state.ts';
import { findInquiry, openInquiriesLimit } from './state.ts';

export type InquiryRejection =
  | 'unknown_inquiry_kind'
  | 'inquiry_subject'
  | 'too_many_inquiries'
  | 'inquiry_not_found'
  | 'unknown_source'
  | 'answer_too_large';
type InquiryDecision = Decision<InquiryEvent | HandoffRequested, InquiryRejection>;

/** What a command does to the inquiries of a session. Closing one may request a handoff. */
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

/** The same question while one is open joins it: nothing is asked twice. */
function open(command: OpenInquiry, { inquiries }: InquiryState, handoff: Handoff): InquiryDecision {
  const { kind: name, subject, now } = command;
  const kind = inquiryKind(name);
  if (kind === undefined) return reject('unknown_inquiry_kind', `There is no inquiry of kind "${name}".`);
  const missing = kind.subject.filter((field) => typeof subject[field] !== 'string' || subject[field] === '');
  if (missing.length > 0) {
    return reject('inquiry_subject', `An inquiry "${name}" needs ${missing.join(', ')} in its subject.`);
  }
  const expired = inquiries.open.filter((item) => item.deadline <= now);
  const live = inquiries.open.filter((item) => item.deadline > now);
  const closed = expired.flatMap((item) => closeInquiry(item, 'deadline', handoff));
  const same = live.find(
    (item) => item.kind === name && canonicalJson(item.subject) === canonicalJson(subject),
  );
  if (same) return accept(...closed);
  if (live.length >= openInquiriesLimit) {
    return reject('too_many_inquiries', `A session has ${openInquiriesLimit} inquiries open at most.`);
  }
  return accept(...closed, opened(command, kind));
}

function opened(
  { inquiry_id, kind: name, subject, timeout_ms, now }: OpenInquiry,
  kind: InquiryKind,
): InquiryOpened {
  const declared = Object.entries(kind.sources);
  const sources = declared.map(([source, { after, required }]) => ({ source, after, required }));
  const requests = declared.flatMap(([source, { after, request }]) => {
    const asked = after.length === 0 ? request(subject, {}) : null;
    return asked === null ? [] : [{ source, attempt: 1, request: asked }];
  });
  const deadline = plusMs(now, timeout_ms ?? kind.deadline_ms);
  return {
    type: 'InquiryOpened',
    data: { inquiry_id, kind: name, subject, sources, deadline, requests },
  };
}

function close(
  { inquiry_id, now }: CloseInquiry,
  { inquiries }: InquiryState,
  handoff: Handoff,
): InquiryDecision {
  const inquiry = inquiries.open.find((item) => item.inquiry_id === inquiry_id);
  if (inquiry === undefined || now < inquiry.deadline) return accept();
  return accept(...closeInquiry(inquiry, 'deadline', handoff));
}

function cancel({ inquiry_id }: CancelInquiry, state: InquiryState, handoff: Handoff): InquiryDecision {
  const inquiry = findInquiry(state, inquiry_id);
  if (inquiry?.status === 'open') return accept(...closeInquiry(inquiry, 'cancelled', handoff));
  if (inquiry || state.earlier_inquiries.includes(inquiry_id)) return accept();
  return reject('inquiry_not_found', 'The session has no such inquiry.');
}

/** What closes the open inquiries of a session that ends. */
export function cancelAll(
  { inquiries }: InquiryState,
  handoff: Handoff,
): (InquiryEvent | HandoffRequested)[] {
  return inquiries.open.flatMap((inquiry) => closeInquiry(inquiry, 'session_over', handoff));
}
