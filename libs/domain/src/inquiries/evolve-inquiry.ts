import type { Origin } from '../kernel/event.ts';
import { unknownEvent } from '../kernel/unknown.ts';
import { aboutOf } from './about.ts';
import type {
  InquiryAnswered,
  InquiryClosed,
  InquiryCorrected,
  InquiryEvent,
  InquiryFailed,
  InquiryOpened,
  InquiryRequest,
} from './events.ts';
import type { Inquiry, InquirySource } from './state.ts';
import { isPending, sourceOf } from './state.ts';

type Sources = Inquiry['sources'];

const noFault = { reason: null, said_no: false } as const;

/** An inquiry after one of its events, which happened at this time (ISO 8601). */
export function evolveInquiry(inquiry: Inquiry, event: InquiryEvent, at: string): Inquiry {
  switch (event.type) {
    case 'InquiryOpened':
      return openInquiry(event.data, at, inquiry);
    case 'InquiryAnswered':
      return { ...inquiry, sources: answer(inquiry.sources, event.data, at) };
    case 'InquiryFailed':
      return { ...inquiry, sources: fail(inquiry.sources, event.data, at) };
    case 'InquiryClosed':
      return close(inquiry, event.data, at);
    case 'InquiryCorrected':
      return correct(inquiry, event.data, at);
    default:
      return unknownEvent(inquiry, event);
  }
}

export function openInquiry(
  data: InquiryOpened['data'],
  at: string,
  { correlation_id, traceparent }: Origin,
): Inquiry {
  const { inquiry_id, kind, subject, deadline, requests, skipped = [] } = data;
  const nothing = { asked_at: null, settled_at: null, latency_ms: null, data: null, ...noFault };
  const sources = data.sources.map(({ source, required, after }): [string, InquirySource] => [
    source,
    { status: 'waiting', required, after, attempt: 0, ...nothing },
  ]);
  return {
    inquiry_id,
    kind,
    subject,
    about: aboutOf(data),
    status: 'open',
    opened_at: at,
    deadline,
    closed_at: null,
    sources: ask(skip(Object.fromEntries(sources), skipped, at), requests, at),
    answer: null,
    corrections: 0,
    correlation_id,
    traceparent,
  };
}

function answer(sources: Sources, event: InquiryAnswered['data'], at: string): Sources {
  const { source, data, attempt, skipped, requests } = event;
  const answered = settle(sources, source, at, { status: 'answered', data, attempt, ...noFault });
  return ask(skip(answered, skipped, at), requests, at);
}

function skip(sources: Sources, names: readonly string[], at: string): Sources {
  return names.reduce((all, name) => settle(all, name, at, { status: 'skipped', latency_ms: null }), sources);
}

function fail(sources: Sources, event: InquiryFailed['data'], at: string): Sources {
  const { source, reason, attempt, retry, reply_id, retryable } = event;
  const said_no = retry === null && reply_id !== null && retryable !== true;
  const failed = settle(sources, source, at, { status: 'failed', reason, attempt, said_no });
  if (retry === null) return failed;
  // The request of an erased event is gone.
  const request: InquiryRequest | undefined = retry.request;
  const retrying = { status: 'retrying', settled_at: null, latency_ms: null } as const;
  return change(failed, source, { ...retrying, attempt: request?.attempt ?? attempt + 1 });
}

function close(inquiry: Inquiry, event: InquiryClosed['data'], at: string): Inquiry {
  const { outcome, cause, answer } = event;
  const reason = cause === 'deadline' ? 'timeout' : cause;
  const closed = (source: InquirySource): InquirySource =>
    isPending(source)
      ? { ...source, status: 'failed', reason, settled_at: at, data: null }
      : { ...source, data: null };
  const entries = Object.entries(inquiry.sources).map(([name, source]) => [name, closed(source)]);
  return {
    ...inquiry,
    status: outcome,
    answer,
    closed_at: at,
    sources: Object.fromEntries(entries) as Sources,
  };
}

function ask(sources: Sources, requests: readonly InquiryRequest[], at: string): Sources {
  return requests.reduce((all, { source, attempt }) => {
    const asked_at = sourceOf({ sources: all }, source)?.asked_at ?? at;
    return change(all, source, { status: 'asked', attempt, asked_at, settled_at: null, ...noFault });
  }, sources);
}

function settle(sources: Sources, name: string, at: string, changes: Partial<InquirySource>): Sources {
  const asked = sourceOf({ sources }, name)?.asked_at ?? null;
  const latency_ms = asked === null ? null : Math.max(0, Date.parse(at) - Date.parse(asked));
  return change(sources, name, { settled_at: at, latency_ms, ...changes });
}

function change(sources: Sources, name: string, changes: Partial<InquirySource>): Sources {
  const source = sourceOf({ sources }, name);
  return source === undefined ? sources : { ...sources, [name]: { ...source, ...changes } };
}

/** Keeps the first answer after the end with its source; further ones are only counted. */
function correct(inquiry: Inquiry, { cause, source, data }: InquiryCorrected['data'], at: string): Inquiry {
  const corrections = inquiry.corrections + 1;
  if (cause !== 'late' || data === null) return { ...inquiry, corrections };
  const changes: Partial<InquirySource> = { status: 'late', data, ...noFault };
  return { ...inquiry, corrections, sources: settle(inquiry.sources, source, at, changes) };
}
