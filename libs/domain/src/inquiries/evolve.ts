import type { RecordedEvent } from '../kernel/event.ts';
import type { InquiryEvent, InquiryOpened } from './events.ts';
import { evolveInquiry, openInquiry } from './evolve-inquiry.ts';
import { formerInquiryKinds } from './former-kinds.ts';
import type { InquiryKind } from './kinds.ts';
import { readInquiryKind } from './kinds.ts';
import type { Inquiry, InquiryState } from './state.ts';
import { closedInquiriesKept, inquiryIdsKept } from './state.ts';

/** The inquiries after an event of one of them. An unknown inquiry stays unknown. */
export function evolveInquiries(state: InquiryState, event: RecordedEvent<InquiryEvent>): InquiryState {
  const { inquiry_id } = event.data;
  const { open, closed } = state.inquiries;
  const { occurred_at: at, $correlationId: correlation_id, traceparent = null } = event.metadata;
  if (event.type === 'InquiryOpened') {
    const kind = kindIn(event.data);
    return {
      ...state,
      inquiries: { open: [...open, openInquiry(event.data, at, { correlation_id, traceparent })], closed },
      inquiry_kinds: kind ? [...state.inquiry_kinds, { inquiry_id, kind }] : state.inquiry_kinds,
    };
  }
  const inquiry = open.find((item) => item.inquiry_id === inquiry_id);
  if (event.type === 'InquiryClosed') {
    return inquiry ? moveToClosed(state, evolveInquiry(inquiry, event, at)) : state;
  }
  const replace = (item: Inquiry): Inquiry =>
    item.inquiry_id === inquiry_id ? evolveInquiry(item, event, at) : item;
  const inquiries = inquiry ? { open: open.map(replace), closed } : { open, closed: closed.map(replace) };
  return { ...state, inquiries };
}

/** The declared kind; events from before declarations mean the former kinds. */
function kindIn({ kind, declared }: InquiryOpened['data']): InquiryKind | undefined {
  if (declared !== undefined) return readInquiryKind(declared);
  return Object.hasOwn(formerInquiryKinds, kind) ? formerInquiryKinds[kind] : undefined;
}

function moveToClosed(
  { inquiries, earlier_inquiries, inquiry_kinds }: InquiryState,
  inquiry: Inquiry,
): InquiryState {
  const all = [...inquiries.closed, inquiry];
  const surplus = Math.max(0, all.length - closedInquiriesKept);
  const earlier = all.slice(0, surplus).map((item) => item.inquiry_id);
  const open = inquiries.open.filter((item) => item.inquiry_id !== inquiry.inquiry_id);
  return {
    inquiries: { open, closed: all.slice(surplus) },
    earlier_inquiries: [...earlier_inquiries, ...earlier].slice(-inquiryIdsKept),
    inquiry_kinds: inquiry_kinds.filter(({ inquiry_id }) => inquiry_id !== inquiry.inquiry_id),
  };
}
