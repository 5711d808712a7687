import type { HandoffRequested } from '../handoff/events.ts';
import type { Handoff } from '../handoff/state.ts';
import type { Decision } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import { plusMs } from '../kernel/time.ts';
import { closeInquiry, closeWhenSettled } from './close.ts';
import type { AnswerInquiry, FailInquirySource } from './commands.ts';
import type { InquiryCorrected, InquiryEvent, InquiryFailed } from './events.ts';
import { failDependents, failUnaskable } from './fail.ts';
import type { InquiryKind } from './kinds.ts';
import { requestTo } from './kinds.ts';
import { answersOf, dueRequests } from './requests.ts';
import type { Inquiry, InquirySource, InquiryState } from './state.ts';
import { answerLimit, findInquiry, isPending, kindOf, sourceOf } from './state.ts';

type Reply = AnswerInquiry | FailInquirySource;
type ReplyRejection = 'inquiry_not_found' | 'unknown_source';

/** Decides a reply to an inquiry: it settles the source, or it is late or a duplicate. */
export function decideReply(
  command: Reply,
  state: InquiryState,
  handoff: Handoff,
): Decision<InquiryEvent | HandoffRequested, ReplyRejection> {
  const { inquiry_id, source, now } = command;
  const reply = withinLimit(command);
  const inquiry = findInquiry(state, inquiry_id);
  if (inquiry === undefined) {
    if (state.earlier_inquiries.includes(inquiry_id)) return accept(corrected(reply, 'late'));
    return reject('inquiry_not_found', 'The session has no such inquiry.');
  }
  const asked = sourceOf(inquiry, source);
  if (asked === undefined) return reject('unknown_source', `The inquiry does not ask "${source}".`);
  const repeated = asked.status === 'answered' || asked.status === 'late' || asked.status === 'skipped';
  const correction = corrected(reply, repeated ? 'duplicate' : 'late');
  if (inquiry.status !== 'open') return accept(correction);
  const kind = kindOf(state, inquiry);
  if (now >= inquiry.deadline) return accept(...closeInquiry(inquiry, kind, 'deadline', handoff), correction);
  if (repeated) return accept(correction);
  const settled =
    reply.type === 'AnswerInquiry' ? answer(reply, inquiry, kind) : fail(reply, inquiry, kind, asked);
  return accept(...settled, ...closeWhenSettled(inquiry, kind, settled, now, handoff));
}

/** An oversized answer counts as a final failure: a retry would be as large. */
function withinLimit(command: Reply): Reply {
  if (command.type !== 'AnswerInquiry' || JSON.stringify(command.data).length <= answerLimit) return command;
  const { data: _data, ...reply } = command;
  return { ...reply, type: 'FailInquirySource', reason: 'answer_too_large', retryable: false };
}

/** Asks, skips or fails the sources that depend on the answer. */
function answer(command: AnswerInquiry, inquiry: Inquiry, kind: InquiryKind | undefined): InquiryEvent[] {
  const { inquiry_id, source, attempt, data, reply_id, origin } = command;
  const answers = { ...answersOf(inquiry), [source]: data };
  const sources = Object.entries(inquiry.sources).map(([name, item]) => ({ source: name, ...item }));
  const waiting = sources.filter(
    ({ source: name, status, after }) =>
      name !== source && (status === 'waiting' || (status === 'failed' && after.includes(source))),
  );
  const skipped = sources.filter(({ status }) => status === 'skipped').map((item) => item.source);
  const due = dueRequests(waiting, [...Object.keys(answers), ...skipped], (name) =>
    requestTo(name, kind, inquiry.subject, answers),
  );
  const { requests } = due;
  const answered = { inquiry_id, source, attempt, data, reply_id, requests, skipped: due.skipped };
  return [
    { type: 'InquiryAnswered', data: { ...answered, ...origin } },
    ...failUnaskable(inquiry, due.failed),
  ];
}

/** A temporary failure is followed by another attempt; a final one also fails the dependent sources. */
function fail(
  command: FailInquirySource,
  inquiry: Inquiry,
  kind: InquiryKind | undefined,
  asked: InquirySource,
): (InquiryFailed | InquiryCorrected)[] {
  const { inquiry_id, source, attempt, reason, reply_id, retryable, origin } = command;
  if (!isPending(asked) || attempt !== asked.attempt) return [corrected(command, 'duplicate')];
  const retry = retryable ? nextAttempt(command, inquiry, kind) : null;
  const failed: InquiryFailed = {
    type: 'InquiryFailed',
    data: { inquiry_id, source, attempt, reason, reply_id, retryable, retry, ...origin },
  };
  return [failed, ...(retry === null ? failDependents(inquiry, [source]) : [])];
}

function nextAttempt(
  { source, attempt, now }: FailInquirySource,
  inquiry: Inquiry,
  kind: InquiryKind | undefined,
): InquiryFailed['data']['retry'] {
  if (kind === undefined || attempt >= kind.retry.attempts) return null;
  const pauseMs = kind.retry.backoff_ms * 2 ** (attempt - 1);
  if (Date.parse(now) + pauseMs >= Date.parse(inquiry.deadline)) return null;
  const request = requestTo(source, kind, inquiry.subject, answersOf(inquiry));
  return typeof request === 'string'
    ? null
    : { at: plusMs(now, pauseMs), request: { source, attempt: attempt + 1, request } };
}

function corrected(command: Reply, cause: InquiryCorrected['data']['cause']): InquiryCorrected {
  const { inquiry_id, source, reply_id, origin } = command;
  const data = command.type === 'AnswerInquiry' ? command.data : null;
  const reason = command.type === 'FailInquirySource' ? command.reason : null;
  return {
    type: 'InquiryCorrected',
    data: { inquiry_id, source, cause, data, reason, reply_id, ...origin },
  };
}
