import { describe, expect, test } from '@jest/globals';
import { timeOf } from '../kernel/test-decider.ts';
import type { ExternalUpdateRecorded } from './events.ts';
import { evolveTracking } from './evolve.ts';
import { learnOfOrder, mentionOrder } from './orders.ts';
import type { OrderState, TrackingState } from './state.ts';
import { factsKept, noTracking, ordersKept, shipmentsKept } from './state.ts';
import { early, given, late, partner, resolved, update } from './test-updates.ts';

const orderAfter = (...updates: ExternalUpdateRecorded[]): object | undefined =>
  given(...updates).state.orders['ORD1'];
type Recorded = Parameters<typeof evolveTracking>[1];
const reportedAt = (at: string) => ({ system: 'warehouse', time: { at, event_id: 'e' } });
const focusOf = (state: TrackingState): unknown => state.order_tracking?.order_id ?? null;

describe('an external update', () => {
  test('is recorded unchanged', () => {
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

  test('that names another partner but was recorded nevertheless is not shown', () => {
    expect(given(resolved({ order: 'ORD1', partner: 'P1' }, 'shipped')).state).toBe(noTracking);
  });
});

describe('an order', () => {
  test('is the one that the order system refers to', () => {
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

  test('has the additions of the logistics system', () => {
    const shipped = update('orders', { status: 'shipped', tracking_id: 'T1' }, 'ORD1');
    const next = update('logistics', { order_id: 'ORD1', status: 'out_for_delivery' });
    expect(orderAfter(shipped, next)).toMatchObject({ status: 'out_for_delivery', tracking_id: 'T1' });
  });

  test('has the reports about its shipment', () => {
    const shipped = update('orders', { tracking_id: 'T1' }, 'ORD1');
    expect(orderAfter(shipped, update('logistics', { status: 'delivered' }, 'T1'))).toMatchObject({
      status: 'delivered',
      source: 'logistics',
    });
  });

  test('has reports about its shipment from before they were linked', () => {
    const delivered = resolved({ tracking: 'T1' }, 'delivered', late);
    expect(
      orderAfter(delivered, resolved({ order: 'ORD1', tracking: 'T1' }, 'shipped', early)),
    ).toMatchObject({ status: 'delivered', status_at: late });
  });

  test('has nothing from another shipment', () => {
    const shipped = update('orders', { status: 'shipped', tracking_id: 'T1' }, 'ORD1');
    const other = update('logistics', { status: 'delivered', tracking_id: 'T2' });
    expect(orderAfter(shipped, other)).toMatchObject({ status: 'shipped' });
  });

  test('has nothing from a replaced shipment', () => {
    const lost = resolved({ tracking: 'T1' }, 'lost', early);
    const sentAgain = resolved({ order: 'ORD1', tracking: 'T2' }, null, late);
    expect(
      orderAfter(resolved({ order: 'ORD1', tracking: 'T1' }, null, early), lost, sentAgain),
    ).toMatchObject({ status: null, tracking_id: 'T2' });
  });

  test('keeps the value that is newer by its system’s clock', () => {
    const delivered = resolved({ order: 'ORD1' }, 'delivered', late);
    expect(orderAfter(delivered, resolved({ order: 'ORD1' }, 'shipped', early))).toMatchObject({
      status: 'delivered',
      status_at: late,
    });
  });

  test('takes unknown values from an older update', () => {
    const delivered = resolved({ order: 'ORD1' }, 'delivered', late);
    const older = resolved({ order: 'ORD1', tracking: 'T1' }, 'shipped', early);
    expect(orderAfter(delivered, older)).toMatchObject({ status: 'delivered', tracking_id: 'T1' });
  });

  test('is dated by its recording when no system gives a time', () => {
    expect(
      orderAfter(resolved({ order: 'ORD1' }, 'a', early), resolved({ order: 'ORD1' }, 'b')),
    ).toMatchObject({ status: 'b', status_at: timeOf(1) });
  });

  test('has the status recorded last when no system gives a time, although a clock was behind', () => {
    const { state } = given(resolved({ order: 'ORD1' }, 'a'));
    const event = { ...resolved({ order: 'ORD1' }, 'b'), event_id: 'x', revision: 1 };
    for (const occurred_at of [timeOf(0), timeOf(-5)])
      expect(
        evolveTracking(state, { ...event, metadata: { occurred_at } } as Recorded, partner).order_tracking,
      ).toMatchObject({ status: 'b', status_at: timeOf(0) });
  });

  test('has no status with a future date', () => {
    const wrong = resolved({ order: 'ORD1' }, 'lost', '2999-01-01T00:00:00.000Z');
    expect(orderAfter(wrong, resolved({ order: 'ORD1' }, 'delivered', timeOf(2)))).toMatchObject({
      status: 'delivered',
    });
  });

  test('does not take the status of its payout', () => {
    const paid = resolved({ order: 'ORD1', payout: 'PAY1' }, 'paid', late);
    expect(orderAfter(resolved({ order: 'ORD1' }, 'delivered', early), paid)).toMatchObject({
      status: 'delivered',
    });
  });

  test.each([
    ['without an order or shipment', update('logistics', { status: 'delivered' })],
    ['of a system that is not asked about orders', update('payments', { order_id: 'ORD1' })],
    ['about a shipment that no order has', update('logistics', { status: 'delivered' }, 'T1')],
    ['with an overlong id', update('orders', { order_id: 'x'.repeat(201) })],
  ])('is not created by an update %s', (_, one) => {
    expect(given(one).state).toMatchObject({ orders: {}, order_tracking: null });
  });

  test('stays the same object when an update adds nothing new', () => {
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
  test('is the first reported one while none was mentioned', () => {
    const { state } = given(resolved({ order: 'ORD1' }, 'a'), resolved({ order: 'ORD2' }, 'b'));
    expect(focusOf(state)).toBe('ORD1');
    expect(state.orders).toMatchObject({ ORD2: { status: 'b' } });
  });

  test('is the last one mentioned, with its known facts', () => {
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

  test.each([['ORD1'], [7], [''], ['x'.repeat(201)]])('stays unchanged when %j is named', (named) => {
    const { state } = given(resolved({ order: 'ORD1' }, 'a'));
    expect(mentionOrder(state, named, timeOf(2))).toBe(state);
  });
});

describe('the limits', () => {
  const orders = Array.from({ length: ordersKept + 3 }, (_, index) => `ORD${index + 1}`);
  const { state } = given(...orders.map((order) => resolved({ order }, 'a')));

  test('keep the order in focus and the most recently updated ones', () => {
    expect(Object.keys(state.orders)).toEqual(['ORD1', ...orders.slice(1 - ordersKept)]);
    expect(state.order_tracking).toMatchObject({ order_id: 'ORD1' });
  });

  test('keep the orders most recently in focus', () => {
    const named = [...orders, 'ORD4', 'ORD8', 'ORD9'];
    const mentioned = named.reduce<OrderState>(
      (now, order, n) => mentionOrder(now, order, timeOf(20 + n)),
      state,
    );
    expect(Object.keys(mentioned.orders).sort()).toEqual(['ORD4', 'ORD6', 'ORD7', 'ORD8', 'ORD9']);
  });

  test('keep an order that only its shipment keeps current', () => {
    const own = resolved({ order: 'ORD0', tracking: 'T0' }, null);
    const moved = resolved({ tracking: 'T0' }, 'moved');
    const [first, ...others] = orders.map((order) => resolved({ order }, 'a'));
    const { orders: shown } = given(first ?? moved, own, ...others, moved).state;
    expect(shown).toMatchObject({ ORD0: { status: 'moved' } });
  });

  test('keep the order that was in focus until now', () => {
    const mentioned = mentionOrder(noTracking, 'ORD0', timeOf(-1));
    const reported = orders.reduce<OrderState>(
      (now, order_id, n) =>
        learnOfOrder(now, { order_id, tracking_id: null, status: 'a', ...reportedAt(timeOf(n)) }, timeOf(n)),
      mentioned,
    );
    const turned = mentionOrder(reported, 'ORD8', timeOf(20));
    expect(Object.keys(turned.orders)).toContain('ORD0');
  });

  test('let an order that is mentioned again keep its facts and take nothing older', () => {
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

  test('apply to the orders with facts', () => {
    const many = Array.from({ length: factsKept + 3 }, (_, n) => resolved({ order: `ORD${n}` }, 'a'));
    const { order_facts, orders: shown } = given(...many).state;
    expect(order_facts.orders).toHaveLength(factsKept);
    expect(Object.keys(shown)).toHaveLength(ordersKept);
  });

  test('keep an old update from restoring a dropped order', () => {
    const returned = given(
      ...orders.map((order) => resolved({ order }, 'a')),
      resolved({ order: 'ORD2' }, 'b', early),
    );
    expect(returned.state.orders).not.toHaveProperty('ORD2');
  });

  test('keep the orders’ shipments and the most recently updated ones', () => {
    const own = resolved({ order: 'ORD1', tracking: 'T0' }, null);
    const moved = Array.from({ length: shipmentsKept + 3 }, (_, n) => resolved({ tracking: `T${n}` }, 'a'));
    const { order_facts } = given(own, ...moved).state;
    expect(order_facts.shipments.map(({ tracking_id }) => tracking_id)).toEqual([
      'T0',
      ...moved.slice(1 - shipmentsKept).map(({ data }) => data.references?.tracking),
    ]);
  });
});
