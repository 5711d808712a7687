import { describe, expect, test } from '@jest/globals';
import type { RecordedEvent } from '../kernel/event.ts';
import { recorded, timeOf } from '../kernel/test-decider.ts';
import { learnOfOrder } from '../tracking/orders.ts';
import type { Order, OrderState } from '../tracking/state.ts';
import { noTracking } from '../tracking/state.ts';
import type { InquiryCommand } from './commands.ts';
import type { InquiryEvent, InquiryOpened } from './events.ts';
import { evolveInquiries } from './evolve.ts';
import type { InquiryState } from './state.ts';
import { noInquiries } from './state.ts';
import {
  answer,
  cancel,
  close,
  fail,
  given,
  givenCommands,
  open,
  openPayout,
  order_status,
} from './test-inquiries.ts';
import { trackInquiry } from './track-order.ts';

interface Known {
  readonly state: InquiryState;
  readonly orders: OrderState;
}

/** The order after commands that are all accepted; their events happen a second apart. */
function orderAfter(...commands: InquiryCommand[]): Order | null {
  const events = commands.flatMap((command, index) => {
    const outcome = givenCommands(...commands.slice(0, index)).when(command);
    return typeof outcome === 'string' ? [] : outcome;
  });
  return events
    .filter((event): event is InquiryEvent => event.type !== 'HandoffRequested')
    .reduce<Known>(
      ({ state, orders }, event, revision) => ({
        orders: trackInquiry(orders, state, recorded(event, revision)),
        state: evolveInquiries(state, recorded(event, revision)),
      }),
      { state: noInquiries, orders: noTracking },
    ).orders.order_tracking;
}

const opened: InquiryOpened = {
  type: 'InquiryOpened',
  data: {
    inquiry_id: 'i1',
    kind: 'shipment',
    subject: {},
    sources: [{ source: 'logistics', after: [], required: true }],
    deadline: timeOf(60),
    requests: [],
  },
};

/** An order that was delivered at a time. */
function known(order_id: string, at: string, tracking_id: string | null = null): OrderState {
  const time = { at, event_id: 'e' };
  return learnOfOrder(noTracking, { system: 'orders', order_id, tracking_id, status: 'delivered', time }, at);
}

const late = (status: string): InquiryCommand => answer('orders', { status }, { now: timeOf(61) });

describe('the order', () => {
  test('is the subject of an inquiry', () => {
    expect(orderAfter(open())).toMatchObject({ order_id: 'ORD1', status: null });
  });

  test('has the answer of the order system', () => {
    expect(orderAfter(open(), answer('orders', { status: 'processed', tracking_id: 'T1' }))).toMatchObject({
      status: 'processed',
      tracking_id: 'T1',
    });
  });

  test('has the later answer of the logistics system', () => {
    const ordered = answer('orders', { status: 'processed', tracking_id: 'T1' });
    expect(orderAfter(open(), ordered, answer('logistics', { status: 'out_for_delivery' }))).toMatchObject({
      status: 'out_for_delivery',
      tracking_id: 'T1',
    });
  });

  test('has nothing from a failed source', () => {
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

  test('has nothing from a late failure', () => {
    expect(orderAfter(open(), close(timeOf(60)), fail('orders', { now: timeOf(61) }))).toMatchObject({
      status: null,
    });
  });

  test('is unset by an inquiry about something else', () => {
    expect(orderAfter(openPayout(), answer('orders', { orders: [] }))).toBeNull();
  });
});

const answered = (occurred_at_source: string | null, data = {}): RecordedEvent<InquiryEvent> =>
  recorded<InquiryEvent>(
    {
      type: 'InquiryAnswered',
      data: {
        inquiry_id: 'i1',
        source: 'logistics',
        attempt: 1,
        data: { status: 'x', ...data },
        reply_id: 'r',
        ...(occurred_at_source !== null && { occurred_at_source }),
        requests: [],
        skipped: [],
      },
    },
    9,
  );

const correctedOf = (occurred_at_source: string | null): RecordedEvent<InquiryEvent> =>
  recorded<InquiryEvent>(
    {
      type: 'InquiryCorrected',
      data: {
        inquiry_id: 'i1',
        source: 'orders',
        cause: 'late',
        data: { status: 'x' },
        reason: null,
        reply_id: 'r',
        ...(occurred_at_source !== null && { occurred_at_source }),
      },
    },
    9,
  );

describe('an answer', () => {
  const { state } = givenCommands(open());

  test('concerns the order of its inquiry, although the conversation turned to another one', () => {
    const turned = known('ORD2', timeOf(3));
    expect(trackInquiry(turned, state, answered(null))).toMatchObject({
      order_tracking: { order_id: 'ORD2', status: 'delivered' },
      orders: { ORD1: { status: 'x', status_at: timeOf(9) } },
    });
  });

  test('concerns the order of its inquiry, although it names another one', () => {
    const { orders } = trackInquiry(noTracking, state, answered(null, { order_id: 'ORD2' }));
    expect(Object.keys(orders)).toEqual(['ORD1']);
  });

  test('changes nothing when something newer is known by its source’s clock', () => {
    const newer = known('ORD1', timeOf(5));
    expect(trackInquiry(newer, state, answered(timeOf(4)))).toBe(newer);
  });

  test('concerns the shipment of an inquiry about a shipment', () => {
    const { state: asked } = given({ ...opened, data: { ...opened.data, subject: { tracking_id: 'T1' } } });
    const before = trackInquiry(known('ORD1', timeOf(5), 'T1'), asked, answered(timeOf(6)));
    expect(before.orders['ORD1']).toMatchObject({ status: 'x', status_at: timeOf(6) });
  });
});

describe('with a kind that declares the field of the order', () => {
  const declared = { ...order_status, subject: ['parcel', 'order_id'], about: { order: 'parcel' } };
  const asked = open({ kind: 'parcel', declared, subject: { parcel: 'ORD7', order_id: 'batch 1' } });

  test('that order is mentioned', () => {
    expect(orderAfter(asked)).toMatchObject({ order_id: 'ORD7' });
  });

  test('that order has the answer of the order system', () => {
    expect(orderAfter(asked, answer('orders', { status: 'processed' }))).toMatchObject({
      order_id: 'ORD7',
      status: 'processed',
    });
  });

  test('that order has a late answer', () => {
    expect(orderAfter(asked, close(timeOf(60)), late('delivered'))).toMatchObject({
      order_id: 'ORD7',
      status: 'delivered',
    });
  });
});

describe('a correction', () => {
  const corrected = correctedOf(null);
  const newer = known('ORD1', timeOf(5));

  test('changes nothing when something newer is known since the inquiry closed', () => {
    const { state } = givenCommands(open(), cancel);
    expect(trackInquiry(newer, state, corrected)).toBe(newer);
  });

  test('applies when it is newer by its source’s clock', () => {
    const { state } = givenCommands(open(), cancel);
    expect(trackInquiry(newer, state, correctedOf(timeOf(6))).order_tracking).toMatchObject({ status: 'x' });
  });

  test('applies when no order is known', () => {
    const { state } = givenCommands(open(), cancel);
    expect(trackInquiry(noTracking, state, corrected).order_tracking).toMatchObject({
      order_id: 'ORD1',
      status: 'x',
    });
  });

  test('applies when the inquiry is still open', () => {
    const { state } = givenCommands(open());
    expect(trackInquiry(newer, state, corrected).order_tracking).toMatchObject({ status: 'x' });
  });

  test('of an unknown inquiry changes nothing', () => {
    expect(trackInquiry(newer, given().state, corrected)).toBe(newer);
  });
});

test('an unknown event leaves the orders unchanged', () => {
  const unknown = recorded({ type: 'Unknown', data: {} }, 0) as unknown as RecordedEvent<InquiryEvent>;
  expect(trackInquiry(noTracking, noInquiries, unknown)).toBe(noTracking);
});
