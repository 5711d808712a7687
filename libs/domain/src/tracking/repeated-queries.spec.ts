import { expect, test } from '@jest/globals';
import { isPaymentIntent } from './payment-intent.ts';
import { queriesKept, queryFingerprint, rememberQuery } from './repeated-queries.ts';

test.each(['ask_payment_status', 'MakePayment', 'late-payouts', 'refund'])(
  '"%s" is about money',
  (intent) => {
    expect(isPaymentIntent(intent)).toBe(true);
  },
);

test.each(['display_order', 'repay_attention'])('"%s" is not about money', (intent) => {
  expect(isPaymentIntent(intent)).toBe(false);
});

test('a question has the same fingerprint in any order of its entities', () => {
  expect(queryFingerprint('where', { a: 1, b: 2 })).toBe(queryFingerprint('where', { b: 2, a: 1 }));
});

test('questions with different entities have different fingerprints', () => {
  expect(queryFingerprint('where', { a: 1 })).not.toBe(queryFingerprint('where', { a: 2 }));
});

test('a question is counted each time that it is asked', () => {
  const { queries } = rememberQuery([], 'where');
  expect(rememberQuery(queries, 'where')).toEqual({ times: 2, queries: [{ query: 'where', times: 2 }] });
});

test('only the latest questions are remembered', () => {
  const names = Array.from({ length: queriesKept + 1 }, (_, index) => `q${index}`);
  const queries = names.reduce<Parameters<typeof rememberQuery>[0]>(
    (known, name) => rememberQuery(known, name).queries,
    [],
  );
  expect(queries.map(({ query }) => query)).toEqual(names.slice(1));
});
