import { closeInquiry } from './close.ts';
import { decideReply } from './decide-replies.ts';
import type { Decision } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import type { SessionEvent } from '../session/events.ts';
import type { CancelInquiry, CloseInquiry, InquiryCommand, OpenInquiry } from './commands.ts';
import { inquiryKind } from './kinds.ts';
import { openInquiriesLimit } from './state.ts';
import { canonicalJson, plusMs } from '../kernel/json.ts';
import type { SessionState } from '../session/state.ts';

/** What a command does to a session's inquiries. */
export function decideInquiry(command: InquiryCommand, state: SessionState): Decision {
  switch (command.type) {
    case 'OpenInquiry':
      return open(command, state);
    case 'AnswerInquiry':
    case 'FailInquirySource':
      return decideReply(command, state);
    case 'CloseInquiry':
      return expire(command, state);
    case 'CancelInquiry':
      return cancel(command, state);
    default:
      return command satisfies never;
  }
}

/** The same question while one is open joins it: nothing is asked twice. */
function open(
  { inquiry_id, kind: name, subject, timeout_ms, now }: OpenInquiry,
  state: SessionState,
): Decision {
  const kind = inquiryKind(name);
  if (kind === undefined) return reject('unknown_inquiry_kind', `There is no inquiry of kind "${name}".`);
  const missing = kind.subject.filter((field) => typeof subject[field] !== 'string' || subject[field] === '');
  if (missing.length > 0) {
    return reject('inquiry_subject', `An inquiry "${name}" needs ${missing.join(', ')} in its subject.`);
  }
  const over = state.inquiries.open.filter((item) => item.deadline <= now);
  const live = state.inquiries.open.filter((item) => item.deadline > now);
  const closed = over.flatMap((item) => closeInquiry(item, 'deadline', state));
  const same = live.find(
    (item) => item.kind === name && canonicalJson(item.subject) === canonicalJson(subject),
  );
  if (same) return accept(...closed);
  if (live.length >= openInquiriesLimit) {
    return reject('too_many_inquiries', `A session has ${openInquiriesLimit} inquiries open at most.`);
  }
  const sources = Object.entries(kind.sources).map(([source, { after, required }]) => ({
    source,
    after,
    required,
  }));
  const deadline = plusMs(now, timeout_ms ?? kind.deadline_ms);
  const requests = Object.entries(kind.sources).flatMap(([source, { after, request }]) => {
    const asked = after.length === 0 ? request(subject, {}) : null;
    return asked === null ? [] : [{ source, attempt: 1, request: asked }];
  });
  const data = { inquiry_id, kind: name, subject, sources, deadline, requests };
  return accept(...closed, { type: 'InquiryOpened', data });
}

function expire({ inquiry_id, now }: CloseInquiry, state: SessionState): Decision {
  const inquiry = state.inquiries.open.find((item) => item.inquiry_id === inquiry_id);
  if (inquiry === undefined || now < inquiry.deadline) return accept();
  return accept(...closeInquiry(inquiry, 'deadline', state));
}

function cancel({ inquiry_id }: CancelInquiry, state: SessionState): Decision {
  const { open, closed } = state.inquiries;
  const inquiry = open.find((item) => item.inquiry_id === inquiry_id);
  if (inquiry) return accept(...closeInquiry(inquiry, 'cancelled', state));
  if (closed.some((item) => item.inquiry_id === inquiry_id) || state.earlier_inquiries.includes(inquiry_id))
    return accept();
  return reject('inquiry_not_found', 'The session has no such inquiry.');
}

/** What ends the open inquiries of a session that ends. */
export function cancelAll(state: SessionState): SessionEvent[] {
  return state.inquiries.open.flatMap((inquiry) => closeInquiry(inquiry, 'session_over', state));
}
