import type { RecordedEvent } from '../kernel/event.ts';
import { unknownEvent } from '../kernel/unknown.ts';
import { learnOfOrder, mentionOrder } from '../tracking/orders.ts';
import type { OrderReport } from '../tracking/reports.ts';
import { isBelieved, nameOf } from '../tracking/reports.ts';
import type { SourceTime } from '../tracking/source-time.ts';
import { sourceTime } from '../tracking/source-time.ts';
import type { OrderState } from '../tracking/state.ts';
import { aboutOf } from './about.ts';
import type { InquiryAnswered, InquiryCorrected, InquiryEvent } from './events.ts';
import type { Inquiry, InquiryState } from './state.ts';
import { findInquiry } from './state.ts';

/** The orders after an event of an inquiry; `state` is that before the event, with the inquiry's subject and answers. */
export function trackInquiry(
  orders: OrderState,
  state: InquiryState,
  event: RecordedEvent<InquiryEvent>,
): OrderState {
  const at = event.metadata.occurred_at;
  switch (event.type) {
    case 'InquiryOpened':
      return mentionOrder(orders, aboutOf(event.data).order, at);
    case 'InquiryAnswered': {
      const { occurred_at_source, reply_id } = event.data;
      return learn(orders, state, event.data, sourceTime(occurred_at_source, at, reply_id), at);
    }
    case 'InquiryCorrected':
      return event.data.cause === 'late'
        ? learn(orders, state, event.data, timeOfLate(event.data, state, at), at)
        : orders;
    case 'InquiryFailed':
    case 'InquiryClosed':
      return orders;
    default:
      return unknownEvent(orders, event);
  }
}

function learn(
  orders: OrderState,
  state: InquiryState,
  answer: InquiryAnswered['data'] | InquiryCorrected['data'],
  time: SourceTime,
  at: string,
): OrderState {
  const inquiry = findInquiry(state, answer.inquiry_id);
  const report = inquiry && reportOf(inquiry, answer, time);
  return report ? learnOfOrder(orders, report, at) : orders;
}

/** Answers of the order and logistics systems concern the subject of the inquiry, whatever the conversation turns to. */
function reportOf(
  { about }: Inquiry,
  { source, data }: Pick<InquiryAnswered['data'] | InquiryCorrected['data'], 'source' | 'data'>,
  time: SourceTime,
): OrderReport | undefined {
  if (data === null || !isBelieved(source)) return undefined;
  const order_id = about.order ?? null;
  const tracking_id = about.tracking ?? (order_id === null ? null : nameOf(data['tracking_id']));
  return { system: source, order_id, tracking_id, status: nameOf(data['status']), time };
}

/** A late answer without a time counts as of the inquiry's end. */
function timeOfLate(
  { inquiry_id, occurred_at_source, reply_id }: InquiryCorrected['data'],
  state: InquiryState,
  at: string,
): SourceTime {
  const event_id = reply_id ?? '';
  const closedAt = findInquiry(state, inquiry_id)?.closed_at ?? at;
  const time = sourceTime(occurred_at_source, at, event_id);
  return time.event_id === null ? { at: closedAt, event_id } : time;
}
