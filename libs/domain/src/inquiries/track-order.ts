import type { RecordedEvent } from '../kernel/event.ts';
import { unknownEvent } from '../kernel/unknown.ts';
import { mentionOrder, trackOrder } from '../tracking/order.ts';
import type { OrderTracking } from '../tracking/state.ts';
import type { InquiryAnswered, InquiryCorrected, InquiryEvent } from './events.ts';
import type { Inquiry, InquiryState } from './state.ts';
import { findInquiry } from './state.ts';

/** The order after an event of an inquiry, in the state before that event: its subject and its sources' answers. */
export function trackInquiry(
  known: OrderTracking | null,
  state: InquiryState,
  event: RecordedEvent<InquiryEvent>,
): OrderTracking | null {
  const at = event.metadata.occurred_at;
  switch (event.type) {
    case 'InquiryOpened':
      return mentionOrder(known, event.data.subject['order_id'], at);
    case 'InquiryAnswered':
      return learn(known, findInquiry(state, event.data.inquiry_id), event.data, at);
    case 'InquiryCorrected': {
      const inquiry = findInquiry(state, event.data.inquiry_id);
      return isNewer(event.data, inquiry, known) ? learn(known, inquiry, event.data, at) : known;
    }
    case 'InquiryFailed':
    case 'InquiryClosed':
      return known;
    default:
      return unknownEvent(known, event);
  }
}

function learn(
  known: OrderTracking | null,
  inquiry: Inquiry | undefined,
  { source: system, data }: Pick<InquiryAnswered['data'] | InquiryCorrected['data'], 'source' | 'data'>,
  at: string,
): OrderTracking | null {
  if (inquiry === undefined || data === null) return known;
  const order = inquiry.subject['order_id'];
  return trackOrder(known, { system, reference: typeof order === 'string' ? order : null, data }, at);
}

/** A late answer counts unless something newer is known since the inquiry closed. */
function isNewer(
  { cause }: InquiryCorrected['data'],
  inquiry: Inquiry | undefined,
  known: OrderTracking | null,
): boolean {
  const closedAt = inquiry?.closed_at ?? null;
  return cause === 'late' && (known === null || closedAt === null || known.updated_at <= closedAt);
}
