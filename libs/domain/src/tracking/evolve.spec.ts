import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../kernel/json.ts';
import { scenariosOf, timeOf } from '../kernel/test-decider.ts';
import type { RecordExternalUpdate } from './commands.ts';
import { decideTracking } from './decide.ts';
import type { ExternalUpdateRecorded, ResolvedUpdate } from './events.ts';
import { evolveTracking } from './evolve.ts';
import { mentionOrder } from './orders.ts';
import type { OrderState, TrackingState } from './state.ts';
import { externalKept, noTracking, ordersKept, publicTextLimit, shipmentsKept } from './state.ts';

const partner = 'P7689';
const { given } = scenariosOf<TrackingState, RecordExternalUpdate, ExternalUpdateRecorded>({
  initial: noTracking,
  decide: (command) => decideTracking(command, partner),
  evolve: (state, event) => evolveTracking(state, event, partner),
});

const update = (
  system: string,
  data: JsonObject,
  reference: string | null = null,
  kind = 'changed',
): ExternalUpdateRecorded => ({
  type: 'ExternalUpdateRecorded',
  data: { system, kind, reference, data, source_event_id: 'e1' },
});
let ids = 0;
/** An update that was resolved when it came in. */
const resolved = (
  references: ResolvedUpdate['references'],
  status: string | null,
  occurred_at_source: string | null = null,
  more: Partial<ExternalUpdateRecorded['data']> = {},
): ExternalUpdateRecorded => ({
  type: 'ExternalUpdateRecorded',
  data: {
    system: 'warehouse',
    kind: 'moved',
    reference: null,
    data: {},
    source_event_id: `r${(ids += 1)}`,
    references,
    status,
    occurred_at_source,
    ...more,
  },
});
const early = timeOf(-20);
const late = timeOf(-10);

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

describe('external updates', () => {
  const statuses = (...updates: ExternalUpdateRecorded[]): (string | null)[] =>
    given(...updates).state.external.map(({ status }) => status);

  test('are kept with what was resolved, revision and time', () => {
    const more = { public_text: 'On its way', before_session: true, reference: 'ORD1' };
    expect(given(resolved({ order: 'ORD1' }, 'shipped', early, more)).state.external).toEqual([
      {
        system: 'warehouse',
        kind: 'moved',
        reference: 'ORD1',
        data: {},
        status: 'shipped',
        public_text: 'On its way',
        before_session: true,
        occurred_at_source: early,
        source_event_id: expect.any(String),
        revision: 0,
        timestamp: timeOf(0),
      },
    ]);
  });

  test('of older versions have no more than they had', () => {
    expect(given(update('payments', { a: 1 }, 'PAY1')).state.external).toMatchObject([
      { data: { a: 1 }, status: null, public_text: null, before_session: false, occurred_at_source: null },
    ]);
  });

  test('replace the one of the same system, kind and reference', () => {
    const { external } = given(update('payments', { a: 1 }), update('payments', { a: 2 })).state;
    expect(external.map(({ data }) => data)).toEqual([{ a: 2 }]);
  });

  test('do not replace a newer one by its system’s clock', () => {
    expect(statuses(resolved({}, 'new', late), resolved({}, 'old', early))).toEqual(['new']);
  });

  test('stand in the order of their systems’ clocks', () => {
    const other = resolved({}, 'old', early, { kind: 'other' });
    expect(statuses(resolved({}, 'new', late), other)).toEqual(['old', 'new']);
  });

  test.each([
    ['system', update('onboarding', { a: 2 })],
    ['reference', update('payments', { a: 2 }, 'PAY2')],
    ['kind', update('payments', { a: 2 }, null, 'paid')],
  ])('of another %s stand beside each other', (_, other) => {
    expect(given(update('payments', { a: 1 }), other).state.external).toHaveLength(2);
  });

  test('are bounded in number', () => {
    const many = Array.from({ length: externalKept + 5 }, (_, index) => update('x', {}, String(index)));
    const { external } = given(...many).state;
    expect(external.map(({ reference }) => reference)).toEqual(
      many.slice(5).map(({ data }) => data.reference),
    );
  });

  test('that are older than all that are kept stay out', () => {
    const many = Array.from({ length: externalKept }, (_, index) => update('x', {}, String(index)));
    expect(given(...many, resolved({}, 'old', early)).state.external).toEqual(given(...many).state.external);
  });

  test('are kept without their data when that is too large', () => {
    expect(given(update('y', { text: 'x'.repeat(5_000) })).state.external).toMatchObject([
      { system: 'y', data: null, revision: 0 },
    ]);
  });

  test('are kept without their public text when that is too long', () => {
    const public_text = 'x'.repeat(publicTextLimit + 1);
    expect(given(resolved({}, null, null, { public_text })).state.external).toMatchObject([
      { public_text: null },
    ]);
  });
});

describe('an order', () => {
  const orderAfter = (...updates: ExternalUpdateRecorded[]): object | undefined =>
    given(...updates).state.orders['ORD1'];

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
  const focusAfter = (state: TrackingState): unknown => state.order_tracking?.order_id ?? null;

  test('is the first that something is reported of while none was mentioned', () => {
    const { state } = given(resolved({ order: 'ORD1' }, 'a'), resolved({ order: 'ORD2' }, 'b'));
    expect(focusAfter(state)).toBe('ORD1');
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
