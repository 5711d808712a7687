import type { InquiryCorrected, InquiryEvent, InquiryOpened, InquiryRequest } from './events.ts';
import type { Inquiry, InquiryMemory, InquirySource } from './state.ts';
import { closedInquiriesKept, inquiryIdsKept, isPending, sourceOf } from './state.ts';

type Sources = Inquiry['sources'];

/** The inquiries after an event of one of them; one that is not known is passed over. */
export function evolveInquiries(memory: InquiryMemory, event: InquiryEvent, at: string): InquiryMemory {
  const { inquiry_id } = event.data;
  const { open, closed } = memory.inquiries;
  if (event.type === 'InquiryOpened') {
    return { ...memory, inquiries: { open: [...open, openInquiry(event.data, at)], closed } };
  }
  const inquiry = open.find((item) => item.inquiry_id === inquiry_id);
  if (event.type === 'InquiryClosed') {
    return inquiry ? moveToClosed(memory, evolveInquiry(inquiry, event, at)) : memory;
  }
  const replace = (item: Inquiry): Inquiry =>
    item.inquiry_id === inquiry_id ? evolveInquiry(item, event, at) : item;
  const inquiries = inquiry ? { open: open.map(replace), closed } : { open, closed: closed.map(replace) };
  return { ...memory, inquiries };
}

/** One inquiry after one more of its events. */
export function evolveInquiry(inquiry: Inquiry, event: InquiryEvent, at: string): Inquiry {
  switch (event.type) {
    case 'InquiryOpened':
      return openInquiry(event.data, at);
    case 'InquiryAnswered': {
      const { source, data, attempt, skipped, requests } = event.data;
      const answered = settle(inquiry.sources, source, at, {
        status: 'answered',
        data,
        attempt,
        reason: null,
      });
      const passed = skipped.reduce(
        (sources, name) => settle(sources, name, at, { status: 'skipped', latency_ms: null }),
        answered,
      );
      return { ...inquiry, sources: ask(passed, requests, at) };
    }
    case 'InquiryFailed': {
      const { source, reason, attempt, retry } = event.data;
      const failed = settle(inquiry.sources, source, at, { status: 'failed', reason, attempt });
      if (retry === null) return { ...inquiry, sources: failed };
      const waiting = { status: 'retrying', settled_at: null, latency_ms: null } as const;
      return { ...inquiry, sources: change(failed, source, { ...waiting, attempt: retry.request.attempt }) };
    }
    case 'InquiryClosed': {
      const { outcome, cause, answer } = event.data;
      const reason = cause === 'deadline' ? 'timeout' : cause;
      const end = (source: InquirySource): InquirySource =>
        isPending(source)
          ? { ...source, status: 'failed', reason, settled_at: at, data: null }
          : { ...source, data: null };
      const entries = Object.entries(inquiry.sources).map(([name, source]) => [name, end(source)]);
      const sources = Object.fromEntries(entries) as Sources;
      return { ...inquiry, status: outcome, answer, closed_at: at, sources };
    }
    case 'InquiryCorrected':
      return correct(inquiry, event.data, at);
    default:
      return event satisfies never;
  }
}

function openInquiry(data: InquiryOpened['data'], at: string): Inquiry {
  const { inquiry_id, kind, subject, deadline, requests } = data;
  const nothing = { asked_at: null, settled_at: null, latency_ms: null, reason: null, data: null };
  const sources = data.sources.map(({ source, required, after }): [string, InquirySource] => [
    source,
    { status: 'waiting', required, after, attempt: 0, ...nothing },
  ]);
  return {
    inquiry_id,
    kind,
    subject,
    status: 'open',
    opened_at: at,
    deadline,
    closed_at: null,
    sources: ask(Object.fromEntries(sources), requests, at),
    answer: null,
    corrections: 0,
  };
}

function ask(sources: Sources, requests: readonly InquiryRequest[], at: string): Sources {
  return requests.reduce((all, { source, attempt }) => {
    const asked_at = sourceOf({ sources: all }, source)?.asked_at ?? at;
    return change(all, source, { status: 'asked', attempt, asked_at, settled_at: null, reason: null });
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

/** The first answer after the end is kept with its source; any further one is only counted. */
function correct(inquiry: Inquiry, { cause, source, data }: InquiryCorrected['data'], at: string): Inquiry {
  const corrections = inquiry.corrections + 1;
  if (cause !== 'late' || data === null) return { ...inquiry, corrections };
  const changes: Partial<InquirySource> = { status: 'late', data, reason: null };
  return { ...inquiry, corrections, sources: settle(inquiry.sources, source, at, changes) };
}

function moveToClosed({ inquiries, earlier_inquiries }: InquiryMemory, inquiry: Inquiry): InquiryMemory {
  const all = [...inquiries.closed, inquiry];
  const surplus = Math.max(0, all.length - closedInquiriesKept);
  const earlier = all.slice(0, surplus).map((item) => item.inquiry_id);
  const open = inquiries.open.filter((item) => item.inquiry_id !== inquiry.inquiry_id);
  return {
    inquiries: { open, closed: all.slice(surplus) },
    earlier_inquiries: [...earlier_inquiries, ...earlier].slice(-inquiryIdsKept),
  };
}
