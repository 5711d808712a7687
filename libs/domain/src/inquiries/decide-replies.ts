import { closeInquiry } from './close.ts';
import type { Decision } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import { evolveInquiry } from './evolve.ts';
import type { AnswerInquiry, FailInquirySource } from './commands.ts';
import type { InquiryAnswered, InquiryCorrected, InquiryEvent, InquiryFailed } from './events.ts';
import { inquiryKind } from './kinds.ts';
import { answersOf, dueRequests } from './requests.ts';
import type { Inquiry } from './state.ts';
import { answerLimit, isPending, sourceOf } from './state.ts';
import { plusMs } from '../kernel/json.ts';
import type { SessionState } from '../session/state.ts';

type Reply = AnswerInquiry | FailInquirySource;

/** A reply: too late, a second one, or news. */
export function decideReply(command: Reply, state: SessionState): Decision {
  const { inquiry_id, source, now } = command;
  const { open, closed } = state.inquiries;
  const inquiry = [...open, ...closed].find((item) => item.inquiry_id === inquiry_id);
  if (inquiry === undefined) {
    if (state.earlier_inquiries.includes(inquiry_id)) return accept(corrected(command, 'late'));
    return reject('inquiry_not_found', 'The session has no such inquiry.');
  }
  const asked = sourceOf(inquiry, source);
  if (asked === undefined) return reject('unknown_source', `The inquiry does not ask "${source}".`);
  if (tooLarge(command)) {
    return reject('answer_too_large', `An answer has at most ${answerLimit} characters of JSON.`);
  }
  const repeated = asked.status === 'answered' || asked.status === 'late' || asked.status === 'skipped';
  const cause = repeated ? 'duplicate' : 'late';
  if (inquiry.status !== 'open') return accept(corrected(command, cause));
  if (now >= inquiry.deadline)
    return accept(...closeInquiry(inquiry, 'deadline', state), corrected(command, cause));
  if (repeated) return accept(corrected(command, 'duplicate'));
  return command.type === 'AnswerInquiry' ? answer(command, inquiry, state) : fail(command, inquiry, state);
}

function answer(command: AnswerInquiry, inquiry: Inquiry, state: SessionState): Decision {
  const { inquiry_id, source, attempt, data, reply_id, now } = command;
  const { requests, skipped } = dueRequests(inquiry, { ...answersOf(inquiry), [source]: data }, source);
  const event: InquiryAnswered = {
    type: 'InquiryAnswered',
    data: { inquiry_id, source, attempt, data, reply_id, requests, skipped },
  };
  return settle(inquiry, [event], now, state);
}

/** A failure that may pass is followed by another attempt; one for good fails what depends on it. */
function fail(command: FailInquirySource, inquiry: Inquiry, state: SessionState): Decision {
  const { inquiry_id, source, attempt, reason, reply_id, retryable, now } = command;
  const known = sourceOf(inquiry, source);
  if (known === undefined || !isPending(known) || attempt !== known.attempt)
    return accept(corrected(command, 'duplicate'));
  const retry = retryable ? nextAttempt(command, inquiry) : null;
  const failed: InquiryFailed = {
    type: 'InquiryFailed',
    data: { inquiry_id, source, attempt, reason, reply_id, retry },
  };
  const dependents = retry === null ? dependentsOf(inquiry, [source]) : [];
  const others = dependents.map((name): InquiryFailed => ({
    type: 'InquiryFailed',
    data: {
      inquiry_id,
      source: name,
      attempt: 0,
      reason: `no answer from ${source}`,
      reply_id: null,
      retry: null,
    },
  }));
  return settle(inquiry, [failed, ...others], now, state);
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

/** When nothing is pending any more the inquiry ends with the events that settled it. */
function settle(
  inquiry: Inquiry,
  events: readonly InquiryEvent[],
  now: string,
  state: SessionState,
): Decision {
  const after = events.reduce((before, event) => evolveInquiry(before, event, now), inquiry);
  if (Object.values(after.sources).some(isPending)) return accept(...events);
  return accept(...events, ...closeInquiry(after, 'settled', state));
}

function corrected(command: Reply, cause: InquiryCorrected['data']['cause']): InquiryCorrected {
  const { inquiry_id, source, reply_id } = command;
  const data = command.type === 'AnswerInquiry' ? command.data : null;
  const reason = command.type === 'FailInquirySource' ? command.reason : null;
  return { type: 'InquiryCorrected', data: { inquiry_id, source, cause, data, reason, reply_id } };
}

function tooLarge(command: Reply): boolean {
  return command.type === 'AnswerInquiry' && JSON.stringify(command.data).length > answerLimit;
}
