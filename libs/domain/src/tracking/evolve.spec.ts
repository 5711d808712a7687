import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../kernel/json.ts';
import { scenariosOf, timeOf } from '../kernel/test-decider.ts';
import type { RecordExternalUpdate } from './commands.ts';
import { decideTracking } from './decide.ts';
import type { ExternalUpdateRecorded } from './events.ts';
import { evolveTracking } from './evolve.ts';
import { mentionOrder } from './order.ts';
import type { TrackingState } from './state.ts';
import { externalKept } from './state.ts';

const initial: TrackingState = { external: [], order_tracking: null };
const { given } = scenariosOf<TrackingState, RecordExternalUpdate, ExternalUpdateRecorded>({
  initial,
  decide: decideTracking,
  evolve: evolveTracking,
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

test('an external update is recorded as it is', () => {
  const { data } = update('orders', { status: 'shipped' }, 'ORD1');
  expect(given().when({ type: 'RecordExternalUpdate', ...data })).toEqual([
    update('orders', { status: 'shipped' }, 'ORD1'),
  ]);
});

describe('external updates', () => {
  test('are kept with revision and time', () => {
    expect(given(update('payments', { a: 1 }, 'PAY1')).state.external).toEqual([
      {
        system: 'payments',
        kind: 'changed',
        reference: 'PAY1',
        data: { a: 1 },
        revision: 0,
        timestamp: timeOf(0),
      },
    ]);
  });

  test('replace the one of the same system, kind and reference', () => {
    const { external } = given(update('payments', { a: 1 }), update('payments', { a: 2 })).state;
    expect(external.map(({ data }) => data)).toEqual([{ a: 2 }]);
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

  test('are kept without their data when that is too large', () => {
    expect(given(update('y', { text: 'x'.repeat(5_000) })).state.external).toMatchObject([
      { system: 'y', data: null, revision: 0 },
    ]);
  });
});

describe('the order', () => {
  test('is the one that the order system names by reference', () => {
    const { order_tracking } = given(
      update('orders', { status: 'shipped', tracking_id: 'T1' }, 'ORD1'),
    ).state;
    expect(order_tracking).toEqual({
      order_id: 'ORD1',
      status: 'shipped',
      tracking_id: 'T1',
      updated_at: timeOf(0),
    });
  });

  test('has what the logistics system adds', () => {
    const { order_tracking } = given(
      update('orders', { status: 'shipped', tracking_id: 'T1' }, 'ORD1'),
      update('logistics', { order_id: 'ORD1', status: 'out_for_delivery' }),
    ).state;
    expect(order_tracking).toMatchObject({ status: 'out_for_delivery', tracking_id: 'T1' });
  });

  test('is the known one when the logistics system names none', () => {
    const { order_tracking } = given(
      update('orders', {}, 'ORD1'),
      update('logistics', { status: 'delivered' }, 'T1'),
    ).state;
    expect(order_tracking).toMatchObject({ order_id: 'ORD1', status: 'delivered' });
  });

  test('stays unknown when the logistics system names none', () => {
    expect(given(update('logistics', { status: 'delivered' }, 'T1')).state.order_tracking).toBeNull();
  });

  test('is replaced by another order', () => {
    const { order_tracking } = given(
      update('orders', { status: 'a', tracking_id: 'T1' }, 'ORD1'),
      update('orders', {}, 'ORD2'),
    ).state;
    expect(order_tracking).toMatchObject({ order_id: 'ORD2', status: null, tracking_id: null });
  });

  test('is not touched by other systems', () => {
    expect(given(update('payments', { order_id: 'ORD1' })).state.order_tracking).toBeNull();
  });

  test('that the conversation names has no status yet', () => {
    const named = { order_id: 'ORD1', status: null, tracking_id: null, updated_at: 't' };
    expect(mentionOrder(null, 'ORD1', 't')).toEqual(named);
  });

  test.each([
    ['the known one is named', 'ORD1'],
    ['something else than a text is named', 7],
  ])('stays as it is when %s', (_, named) => {
    const known = { order_id: 'ORD1', status: 'shipped', tracking_id: null, updated_at: 't' };
    expect(mentionOrder(known, named, 'later')).toBe(known);
  });
});
