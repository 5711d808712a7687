import { expect, test } from '@jest/globals';
import { sampleAnswers } from './answers.ts';
import { documentedOrders, generatedOrders, sampleOrders } from './orders.ts';
import { logLine, say } from './said.ts';

const once = { late: false, times: 1 };

test.each([
  ['orders {}: answered {"status":"paid"}', say({ status: 'paid' }, { failed: false }), once],
  ['orders {}: failed: unknown reference', say(undefined, { failed: false }), once],
  ['orders {}: failed: the database of the service is unavailable', say({}, { failed: true }), once],
  ['orders {}: nothing: silent', undefined, once],
  ['orders {}: answered {}, twice, late', say({}, { failed: false }), { late: true, times: 2 }],
])('a service logs what it did: %s', (line, said, delivery) => {
  expect(logLine('orders {}', said, delivery)).toBe(line);
});

test('only what passes is worth another attempt', () => {
  expect(say(undefined, { failed: false })).toMatchObject({ retryable: false });
  expect(say({}, { failed: true })).toMatchObject({ retryable: true });
});

test('the services know the order of the documents, whatever their orders', () => {
  const { orders, logistics, payments } = sampleAnswers([...generatedOrders(3), ...documentedOrders]);
  expect(orders?.({ order_id: 'ORD9823' })).toMatchObject({ tracking_id: 'TRK551' });
  expect(logistics?.({ tracking_id: 'TRK551' })).toMatchObject({ order_id: 'ORD9823' });
  expect(payments?.({ payout_id: 'PO-2210' })).toMatchObject({ status: 'on_hold' });
  expect(sampleOrders().orders).toEqual(expect.arrayContaining([...documentedOrders]));
});

test('the services do not invent unknown orders', () => {
  const { orders, logistics, payments } = sampleAnswers(documentedOrders);
  const unknown = [
    orders?.({ order_id: 'ORD1' }),
    orders?.({ payout_id: 'x' }),
    logistics?.({}),
    payments?.({ payout_id: 'x' }),
  ];
  expect(unknown).toEqual([undefined, undefined, undefined, undefined]);
});
