import { describe, expect, test } from '@jest/globals';
import type { RecordedEvent } from '../kernel/event.ts';
import { recorded, timeOf } from '../kernel/test-decider.ts';
import type { OrderTracking } from '../tracking/state.ts';
import type { InquiryCommand } from './commands.ts';
import type { InquiryEvent } from './events.ts';
import { evolveInquiries } from './evolve.ts';
import type { InquiryState } from './state.ts';
import { noInquiries } from './state.ts';
import { answer, cancel, close, fail, given, givenCommands, open, openPayout } from './test-inquiries.ts';
import { trackInquiry } from './track-order.ts';

interface Known {
  readonly state: InquiryState;
  readonly order: OrderTracking | null;
}

/** The order after commands that are all accepted; their events happen a second apart. */
function orderAfter(...commands: InquiryCommand[]): OrderTracking | null {
  const events = commands.flatMap((command, index) => {
    const outcome = givenCommands(...commands.slice(0, index)).when(command);
    return typeof outcome === 'string' ? [] : outcome;
  });
  return events
    .filter((event): event is InquiryEvent => event.type !== 'HandoffRequested')
    .reduce<Known>(
      ({ state, order }, event, revision) => ({
        order: trackInquiry(order, state, recorded(event, revision)),
        state: evolveInquiries(state, recorded(event, revision)),
      }),
      { state: noInquiries, order: null },
    ).order;
}

const late = (status: string): InquiryCommand => answer('orders', { status }, { now: timeOf(61) });

describe('the order', () => {
  test('is the one that an inquiry is about', () => {
    expect(orderAfter(open())).toMatchObject({ order_id: 'ORD1', status: null });
  });

  test('has what the order system answers', () => {
    expect(orderAfter(open(), answer('orders', { status: 'processed', tracking_id: 'T1' }))).toMatchObject({
      status: 'processed',
      tracking_id: 'T1',
    });
  });

  test('has what the logistics system answers then', () => {
    const ordered = answer('orders', { status: 'processed', tracking_id: 'T1' });
    expect(orderAfter(open(), ordered, answer('logistics', { status: 'out_for_delivery' }))).toMatchObject({
      status: 'out_for_delivery',
      tracking_id: 'T1',
    });
  });

  test('has nothing of a source that failed', () => {
    expect(orderAfter(open(), fail('orders'))).toMatchObject({ status: null });
  });

  test('has a late answer when nothing newer is known', () => {
    expect(orderAfter(open(), close(timeOf(60)), late('delivered'))).toMatchObject({ status: 'delivered' });
  });

  test('does not have a second late answer', () => {
    expect(orderAfter(open(), close(timeOf(60)), late('delivered'), late('lost'))).toMatchObject({
      status: 'delivered',
    });
  });

  test('has nothing of a late failure', () => {
    expect(orderAfter(open(), close(timeOf(60)), fail('orders', { now: timeOf(61) }))).toMatchObject({
      status: null,
    });
  });

  test('is none for an inquiry about something else', () => {
    expect(orderAfter(openPayout(), answer('orders', { orders: [] }))).toBeNull();
  });
});

describe('a correction', () => {
  const corrected = recorded<InquiryEvent>(
    {
      type: 'InquiryCorrected',
      data: {
        inquiry_id: 'i1',
        source: 'orders',
        cause: 'late',
        data: { status: 'x' },
        reason: null,
        reply_id: null,
      },
    },
    9,
  );
  const newer: OrderTracking = {
    order_id: 'ORD1',
    status: 'delivered',
    tracking_id: null,
    updated_at: timeOf(5),
  };

  test('changes nothing when something newer is known since the inquiry closed', () => {
    const { state } = givenCommands(open(), cancel);
    expect(trackInquiry(newer, state, corrected)).toBe(newer);
  });

  test('counts when no order is known', () => {
    const { state } = givenCommands(open(), cancel);
    expect(trackInquiry(null, state, corrected)).toMatchObject({ order_id: 'ORD1', status: 'x' });
  });

  test('counts when the inquiry is still open', () => {
    const { state } = givenCommands(open());
    expect(trackInquiry(newer, state, corrected)).toMatchObject({ status: 'x' });
  });

  test('of an inquiry that is not known changes nothing', () => {
    expect(trackInquiry(newer, given().state, corrected)).toBe(newer);
  });
});

test('an event that is none of inquiries leaves the order as it is', () => {
  const unknown = recorded({ type: 'Unknown', data: {} }, 0) as unknown as RecordedEvent<InquiryEvent>;
  expect(trackInquiry(null, noInquiries, unknown)).toBeNull();
});
