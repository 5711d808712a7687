import { describe, expect, test } from '@jest/globals';
import type { Json, JsonObject } from '../kernel/json.ts';
import { formerInquiryKinds } from './former-kinds.ts';
import type { Answers } from './kinds.ts';
import { mergeAnswers, mergedAnswerLimit, readInquiryKind, requestTo, sourcesOf } from './kinds.ts';
import { order_status, payout_status } from './test-inquiries.ts';

const order = { order_id: 'ORD1' };
const payout = { payout_id: 'PAY1' };

describe('a request', () => {
  test.each<[string, JsonObject, string | JsonObject]>([
    ['a tracking id', { tracking_id: 'T1' }, { order_id: 'ORD1', tracking_id: 'T1' }],
    ['no tracking id', { status: 'pending' }, 'skipped'],
    ['a tracking id that is null', { tracking_id: null }, 'skipped'],
  ])('to logistics with %s', (_, orders, request) => {
    expect(requestTo('logistics', order_status, order, { orders })).toEqual(request);
  });

  test('to a source that the kind does not have cannot be made', () => {
    expect(requestTo('constructor', order_status, order, {})).toBe('unknown_kind');
  });
});

describe('a merged answer', () => {
  test.each<[string, JsonObject, Answers, JsonObject]>([
    [
      'order_status',
      order,
      { orders: { status: 'processed', place: 'A' }, logistics: { status: 'out', place: 'B' } },
      { status: 'out', place: 'B', order_id: 'ORD1', order_status: 'processed' },
    ],
    [
      'order_status',
      order,
      { orders: { tracking_id: null } },
      { tracking_id: null, order_id: 'ORD1', order_status: null },
    ],
    [
      'payout_status',
      payout,
      { payments: { amount: 5 }, orders: { orders: ['A'] } },
      { amount: 5, payout_id: 'PAY1', orders: ['A'] },
    ],
    ['payout_status', payout, { payments: { amount: 5 } }, { amount: 5, payout_id: 'PAY1', orders: null }],
  ])('of %s', (kind, subject, answers, merged) => {
    expect(mergeAnswers(formerInquiryKinds[kind], subject, answers)).toEqual(merged);
  });

  test('leaves out a part that would exceed the limit', () => {
    const text = 'x'.repeat(mergedAnswerLimit / 2);
    const parts: Json[] = [{ a: '/answers/orders/text' }, { b: '/answers/orders/text' }, { c: 1 }];
    const merged = mergeAnswers({ ...order_status, merge: parts }, order, { orders: { text } });
    expect(Object.keys(merged)).toEqual(['a', 'c']);
  });

  test('ignores a part that is not an object', () => {
    const kind = { ...order_status, merge: ['/subject/order_id', [1], null, { a: 1 }] };
    expect(mergeAnswers(kind, order, {})).toEqual({ a: 1 });
  });
});

test.each<[string, unknown]>([
  ['nothing', null],
  ['a text', 'order_status'],
  ['a source that is null', { ...order_status, sources: { orders: null } }],
  ['no retries', { ...order_status, retry: undefined }],
  ['no merge', { ...order_status, merge: {} }],
])('a kind with %s is not usable', (_, value) => {
  expect(readInquiryKind(value)).toBeUndefined();
});

test('a kind survives storage unchanged', () => {
  const stored = JSON.parse(JSON.stringify(payout_status)) as unknown;
  expect(readInquiryKind(stored)).toEqual(payout_status);
});

test('the sources of kinds are listed once', () => {
  expect(sourcesOf(formerInquiryKinds)).toEqual(['logistics', 'orders', 'payments']);
});
