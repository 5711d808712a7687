import { describe, expect, test } from '@jest/globals';
import { timeOf } from '../kernel/test-decider.ts';
import type { ExternalUpdateRecorded } from './events.ts';
import { evolveTracking } from './evolve.ts';
import { mentionOrder } from './orders.ts';
import type { OrderState, TrackingState } from './state.ts';
import { factsKept, noTracking, ordersKept, shipmentsKept } from './state.ts';
import { early, given, late, partner, resolved, update } from './test-updates.ts';

const orderAfter = (...updates: ExternalUpdateRecorded[]): object | undefined =>
  given(...updates).state.orders['ORD1'];
type Recorded = Parameters<typeof evolveTracking>[1];
const focusOf = (state: TrackingState): unknown => state.order_tracking?.order_id ?? null;

describe('an external update', () => {
  test('is recorded as it is', () => {
    const { data } = update('orders', { status: 'shipped' }, 'ORD1');
    expect(given().when({ type: 'RecordExternalUpdate', ...data })).toEqual([
      update('orders', { status: 'shipped' }, 'ORD1'),
    ]);
  });

  test('is recorded when it names the partner', () => {
    const { data } = resolved({ order: 'ORD1', partner }, 'shipped');
    expect(given().when({ type: 'RecordExternalUpdate', ...data })).toHaveLength(1);
  });

  test('is refused when it names another partner', () => {
    const { data } = resolved({ order: 'ORD1', partner: 'P1' }, 'shipped');
    expect(given().when({ type: 'RecordExternalUpdate', ...data })).toBe('foreign_partner');
  });

  test('that names another partner, and was recorded all the same, is not shown', () => {
    expect(given(resolved({ order: 'ORD1', partner: 'P1' }, 'shipped')).state).toBe(noTracking);
  });
});

describe('an order', () => {
  test('is the one that the order system names by reference', () => {
    const shipped = update('orders', { status: 'shipped', tracking_id: 'T1' }, 'ORD1');
    expect(orderAfter(shipped)).toEqual({
      order_id: 'ORD1',
      status: 'shipped',
      tracking_id: 'T1',
      updated_at: timeOf(0),
      status_at: timeOf(0),
      source: 'orders',
    });
  });

  test('has what the logistics system adds', () => {
    const shipped = update('orders', { status: 'shipped', tracking_id: 'T1' }, 'ORD1');
    const next = update('logistics', { order_id: 'ORD1', status: 'out_for_delivery' });
    expect(orderAfter(shipped, next)).toMatchObject({ status: 'out_for_delivery', tracking_id: 'T1' });
  });

  test('has what is reported of its shipment', () => {
    const shipped = update('orders', { tracking_id: 'T1' }, 'ORD1');
    expect(orderAfter(shipped, update('logistics', { status: 'delivered' }, 'T1'))).toMatchObject({
      status: 'delivered',
      source: 'logistics',
    });
  });

  test('has what was reported of its shipment before that was known to be its own', () => {
    const delivered = resolved({ tracking: 'T1' }, 'delivered', late);
    expect(
      orderAfter(delivered, resolved({ order: 'ORD1', tracking: 'T1' }, 'shipped', early)),
    ).toMatchObject({ status: 'delivered', status_at: late });
  });

  test('has nothing of another shipment', () => {
    const shipped = update('orders', { status: 'shipped', tracking_id: 'T1' }, 'ORD1');
    const other = update('logistics', { status: 'delivered', tracking_id: 'T2' });
    expect(orderAfter(shipped, other)).toMatchObject({ status: 'shipped' });
  });

  test('has nothing of a shipment that was replaced by another one', () => {
    const lost = resolved({ tracking: 'T1' }, 'lost', early);
    const sentAgain = resolved({ order: 'ORD1', tracking: 'T2' }, null, late);
    expect(
      orderAfter(resolved({ order: 'ORD1', tracking: 'T1' }, null, early), lost, sentAgain),
    ).toMatchObject({ status: null, tracking_id: 'T2' });
  });

  test('keeps what is newer by its system’s clock', () => {
    const delivered = resolved({ order: 'ORD1' }, 'delivered', late);
    expect(orderAfter(delivered, resolved({ order: 'ORD1' }, 'shipped', early))).toMatchObject({
      status: 'delivered',
      status_at: late,
    });
  });

  test('takes what it does not know from an older update', () => {
    const delivered = resolved({ order: 'ORD1' }, 'delivered', late);
    const older = resolved({ order: 'ORD1', tracking: 'T1' }, 'shipped', early);
    expect(orderAfter(delivered, older)).toMatchObject({ status: 'delivered', tracking_id: 'T1' });
  });

  test('is as of its recording where no system says when', () => {
    expect(
      orderAfter(resolved({ order: 'ORD1' }, 'a', early), resolved({ order: 'ORD1' }, 'b')),
    ).toMatchObject({ status: 'b', status_at: timeOf(1) });
  });

  test('has no status of a day that is yet to come', () => {
    const wrong = resolved({ order: 'ORD1' }, 'lost', '2999-01-01T00:00:00.000Z');
    expect(orderAfter(wrong, resolved({ order: 'ORD1' }, 'delivered', timeOf(2)))).toMatchObject({
      status: 'delivered',
    });
  });

  test('has no status of a payout that it led to', () => {
    const paid = resolved({ order: 'ORD1', payout: 'PAY1' }, 'paid', late);
    expect(orderAfter(resolved({ order: 'ORD1' }, 'delivered', early), paid)).toMatchObject({
      status: 'delivered',
    });
  });

  test.each([
    ['without an order or shipment', update('logistics', { status: 'delivered' })],
    ['of a system that is not asked about orders', update('payments', { order_id: 'ORD1' })],
    ['about a shipment that no order has', update('logistics', { status: 'delivered' }, 'T1')],
    ['with an endless id', update('orders', { order_id: 'x'.repeat(201) })],
  ])('is not known from an update %s', (_, one) => {
    expect(given(one).state).toMatchObject({ orders: {}, order_tracking: null });
  });

  test('stays the same object when an update tells nothing new', () => {
    const { state } = given(resolved({ order: 'ORD1' }, 'delivered', late));
    const older = resolved({ order: 'ORD1' }, 'shipped', early, { kind: 'other' });
    const event = { ...older, event_id: 'x', revision: 9, metadata: { occurred_at: timeOf(9) } };
    const next = evolveTracking(state, event as Parameters<typeof evolveTracking>[1], partner);
    expect(next.orders).toBe(state.orders);
    expect(next.order_tracking).toBe(state.order_tracking);
    expect(next.order_facts).toBe(state.order_facts);
  });
});

describe('the order in focus', () => {
  test('is the first that something is reported of while none was mentioned', () => {
    const { state } = given(resolved({ order: 'ORD1' }, 'a'), resolved({ order: 'ORD2' }, 'b'));
    expect(focusOf(state)).toBe('ORD1');
    expect(state.orders).toMatchObject({ ORD2: { status: 'b' } });
  });

  test('is the one that was mentioned last, with what is known of it', () => {
    const { state } = given(resolved({ order: 'ORD1' }, 'a'), resolved({ order: 'ORD2' }, 'b'));
    expect(mentionOrder(state, 'ORD2', timeOf(2)).order_tracking).toMatchObject({
      order_id: 'ORD2',
      status: 'b',
      updated_at: timeOf(1),
    });
  });

  test('has no status when it was only mentioned', () => {
    expect(mentionOrder(noTracking, 'ORD1', timeOf(0)).order_tracking).toEqual({
      order_id: 'ORD1',
      status: null,
      tracking_id: null,
      updated_at: timeOf(0),
      status_at: null,
      source: null,
    });
  });

  test.each([['ORD1'], [7], [''], ['x'.repeat(201)]])('stays as it is when %j is named', (named) => {
    const { state } = given(resolved({ order: 'ORD1' }, 'a'));
    expect(mentionOrder(state, named, timeOf(2))).toBe(state);
  });
});

describe('of many', () => {
  const orders = Array.from({ length: ordersKept + 3 }, (_, index) => `ORD${index + 1}`);
  const { state } = given(...orders.map((order) => resolved({ order }, 'a')));

  test('orders the one in focus and those that were updated last are kept', () => {
    expect(Object.keys(state.orders)).toEqual(['ORD1', ...orders.slice(1 - ordersKept)]);
    expect(state.order_tracking).toMatchObject({ order_id: 'ORD1' });
  });

  test('orders those that were in focus last are kept', () => {
    const named = [...orders, 'ORD4', 'ORD8', 'ORD9'];
    const mentioned = named.reduce<OrderState>(
      (now, order, n) => mentionOrder(now, order, timeOf(20 + n)),
      state,
    );
    expect(Object.keys(mentioned.orders).sort()).toEqual(['ORD4', 'ORD6', 'ORD7', 'ORD8', 'ORD9']);
  });

  test('orders one that is mentioned again has what was known of it, and takes nothing older', () => {
    const known = given(
      resolved({ order: 'ORD0' }, 'delivered', late),
      ...orders.map((order) => resolved({ order }, 'a')),
    );
    const turned = mentionOrder(known.state, 'ORD1', timeOf(20));
    const others = orders.reduce<OrderState>(
      (now, order, n) => mentionOrder(now, order, timeOf(21 + n)),
      turned,
    );
    expect(others.orders).not.toHaveProperty('ORD0');
    const again = mentionOrder(others, 'ORD0', timeOf(40));
    expect(again.order_tracking).toMatchObject({ order_id: 'ORD0', status: 'delivered', status_at: late });
    const event = { ...resolved({ order: 'ORD0' }, 'shipped', early), event_id: 'x', revision: 99 };
    const metadata = { occurred_at: timeOf(41) };
    const next = evolveTracking({ ...again, external: [] }, { ...event, metadata } as Recorded, partner);
    expect(next.order_tracking).toMatchObject({ status: 'delivered' });
  });

  test('orders facts are kept of so many', () => {
    const many = Array.from({ length: factsKept + 3 }, (_, n) => resolved({ order: `ORD${n}` }, 'a'));
    const { order_facts, orders: shown } = given(...many).state;
    expect(order_facts.orders).toHaveLength(factsKept);
    expect(Object.keys(shown)).toHaveLength(ordersKept);
  });

  test('orders an old update brings none back', () => {
    const returned = given(
      ...orders.map((order) => resolved({ order }, 'a')),
      resolved({ order: 'ORD2' }, 'b', early),
    );
    expect(returned.state.orders).not.toHaveProperty('ORD2');
  });

  test('shipments those of the orders and those that moved last are kept', () => {
    const own = resolved({ order: 'ORD1', tracking: 'T0' }, null);
    const moved = Array.from({ length: shipmentsKept + 3 }, (_, n) => resolved({ tracking: `T${n}` }, 'a'));
    const { order_facts } = given(own, ...moved).state;
    expect(order_facts.shipments.map(({ tracking_id }) => tracking_id)).toEqual([
      'T0',
      ...moved.slice(1 - shipmentsKept).map(({ data }) => data.references?.tracking),
    ]);
  });
});
