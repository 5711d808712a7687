import type { HandoffRequested } from '../handoff/events.ts';
import type { Handoff } from '../handoff/state.ts';
import type { Decision } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import { plusMs } from '../kernel/time.ts';
import { closeInquiry } from './close.ts';
import type { AnswerInquiry, FailInquirySource } from './commands.ts';
import type { InquiryAnswered, InquiryCorrected, InquiryEvent, InquiryFailed } from './events.ts';
import { evolveInquiry } from './evolve-inquiry.ts';
import { inquiryKind } from './kinds.ts';
import { answersOf, dueRequests } from './requests.ts';
import type { Inquiry, InquirySource, InquiryState } from './state.ts';
import { answerLimit, findInquiry, isPending, sourceOf } from './state.ts';

type Reply = AnswerInquiry | FailInquirySource;
type ReplyRejection = 'inquiry_not_found' | 'unknown_source' | 'answer_too_large';

/** What a reply does to its inquiry: it settles the source, or it is late or a duplicate. */
export function decideReply(
  command: Reply,
  state: InquiryState,
  handoff: Handoff,
): Decision<InquiryEvent | HandoffRequested, ReplyRejection> {
  const { inquiry_id, source, now } = command;
  const inquiry = findInquiry(state, inquiry_id);
  if (inquiry === undefined) {
    if (state.earlier_inquiries.includes(inquiry_id)) return accept(corrected(command, 'late'));
    return reject('inquiry_not_found', 'The session has no such inquiry.');
  }
  const asked = sourceOf(inquiry, source);
  if (asked === undefined) return reject('unknown_source', `The inquiry does not ask "${source}".`);
  if (isTooLarge(command)) {
    return reject('answer_too_large', `An answer has at most ${answerLimit} characters of JSON.`);
  }
  const repeated = asked.status === 'answered' || asked.status === 'late' || asked.status === 'skipped';
  const correction = corrected(command, repeated ? 'duplicate' : 'late');
  if (inquiry.status !== 'open') return accept(correction);
  if (now >= inquiry.deadline) return accept(...closeInquiry(inquiry, 'deadline', handoff), correction);
  if (repeated) return accept(correction);
  const settled = command.type === 'AnswerInquiry' ? answer(command, inquiry) : fail(command, inquiry, asked);
  return accept(...settled, ...closeWhenSettled(inquiry, settled, now, handoff));
}

function answer(command: AnswerInquiry, inquiry: Inquiry): [InquiryAnswered] {
  const { inquiry_id, source, attempt, data, reply_id } = command;
  const { requests, skipped } = dueRequests(inquiry, { ...answersOf(inquiry), [source]: data }, source);
  return [
    { type: 'InquiryAnswered', data: { inquiry_id, source, attempt, data, reply_id, requests, skipped } },
  ];
}

/** A failure that may pass is followed by another attempt; a final one fails what depends on the source, too. */
function fail(
  command: FailInquirySource,
  inquiry: Inquiry,
  asked: InquirySource,
): (InquiryFailed | InquiryCorrected)[] {
  const { inquiry_id, source, attempt, reason, reply_id, retryable } = command;
  if (!isPending(asked) || attempt !== asked.attempt) return [corrected(command, 'duplicate')];
  const retry = retryable ? nextAttempt(command, inquiry) : null;
  const failed: InquiryFailed = {
    type: 'InquiryFailed',
    data: { inquiry_id, source, attempt, reason, reply_id, retry },
  };
  const dependents = retry === null ? dependentsOf(inquiry, [source]) : [];
  return [failed, ...dependents.map((name) => failedDependent(inquiry_id, name, source))];
}

function failedDependent(inquiry_id: string, source: string, failed: string): InquiryFailed {
  const reason = `no answer from ${failed}`;
  return {
    type: 'InquiryFailed',
    data: { inquiry_id, source, attempt: 0, reason, reply_id: null, retry: null },
  };
}

function nextAttempt(
  { source, attempt, now }: FailInquirySource,
  inquiry: Inquiry,
): InquiryFailed['data']['retry'] {
  const kind = inquiryKind(inquiry.kind);
  if (kind === undefined || attempt >= kind.retry.attempts) return null;
  const at = plusMs(now, kind.retry.backoff_ms * 2 ** (attempt - 1));
  const request = kind.sources[source]?.request(inquiry.subject, answersOf(inquiry)) ?? null;
  return at >= inquiry.deadline || request === null
    ? null
    : { at, request: { source, attempt: attempt + 1, request } };
}

/** The sources that wait for one of these, directly or through others. */
function dependentsOf(inquiry: Inquiry, failed: readonly string[]): string[] {
  const direct = Object.entries(inquiry.sources).filter(
    ([name, { status, after }]) =>
      status === 'waiting' && !failed.includes(name) && after.some((source) => failed.includes(source)),
  );
  const names = direct.map(([name]) => name);
  return names.length === 0 ? [] : [...names, ...dependentsOf(inquiry, [...failed, ...names])];
}

/** When nothing is pending any more the inquiry closes with the events that settled it. */
function closeWhenSettled(
  inquiry: Inquiry,
  events: readonly InquiryEvent[],
  now: string,
  handoff: Handoff,
): (InquiryEvent | HandoffRequested)[] {
  const after = events.reduce((before, event) => evolveInquiry(before, event, now), inquiry);
  return Object.values(after.sources).some(isPending) ? [] : closeInquiry(after, 'settled', handoff);
}

function corrected(command: Reply, cause: InquiryCorrected['data']['cause']): InquiryCorrected {
  const { inquiry_id, source, reply_id } = command;
  const data = command.type === 'AnswerInquiry' ? command.data : null;
  const reason = command.type === 'FailInquirySource' ? command.reason : null;
  return { type: 'InquiryCorrected', data: { inquiry_id, source, cause, data, reason, reply_id } };
}

function isTooLarge(command: Reply): boolean {
  return command.type === 'AnswerInquiry' && JSON.stringify(command.data).length > answerLimit;
}
