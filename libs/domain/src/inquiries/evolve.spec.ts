import { describe, expect, test } from '@jest/globals';
import { timeOf } from '../kernel/test-decider.ts';
import type { InquiryCommand } from './commands.ts';
import type { InquiryEvent } from './events.ts';
import { evolveInquiry } from './evolve-inquiry.ts';
import type { Inquiry } from './state.ts';
import { noInquiries } from './state.ts';
import { answer, close, fail, given, givenCommands, open, openPayout } from './test-inquiries.ts';

const ordered = answer('orders', { tracking_id: 'T1' });

/** The only inquiry after commands that are all accepted; events happen a second apart. */
function inquiryAfter(...commands: InquiryCommand[]): Inquiry | undefined {
  const { open: opened, closed } = givenCommands(...commands).state.inquiries;
  return [...opened, ...closed][0];
}

describe('an open inquiry', () => {
  test('has sources that are asked or waiting', () => {
    expect(inquiryAfter(open())).toMatchObject({
      status: 'open',
      opened_at: timeOf(0),
      closed_at: null,
      sources: {
        orders: { status: 'asked', attempt: 1, asked_at: timeOf(0) },
        logistics: { status: 'waiting', attempt: 0, asked_at: null },
      },
    });
  });

  test('has an answer with its latency', () => {
    expect(inquiryAfter(open(), ordered)?.sources['orders']).toMatchObject({
      status: 'answered',
      data: { tracking_id: 'T1' },
      latency_ms: 1_000,
      settled_at: timeOf(1),
    });
  });

  test('has a dependent source asked after the answer', () => {
    expect(inquiryAfter(open(), ordered)?.sources['logistics']).toMatchObject({
      status: 'asked',
      asked_at: timeOf(1),
    });
  });

  test('has a source waiting for its next attempt after a failure', () => {
    expect(inquiryAfter(open(), fail('orders', { retryable: true }))?.sources['orders']).toMatchObject({
      status: 'retrying',
      attempt: 2,
      reason: 'down',
      settled_at: null,
      latency_ms: null,
    });
  });

  test('has the reason of a final failure', () => {
    expect(inquiryAfter(openPayout(), fail('orders'))?.sources['orders']).toMatchObject({
      status: 'failed',
      reason: 'down',
    });
  });

  test('counts a duplicate and keeps the first answer', () => {
    const inquiry = inquiryAfter(open(), ordered, answer('orders', { tracking_id: 'T2' }));
    expect(inquiry).toMatchObject({ corrections: 1, sources: { orders: { data: { tracking_id: 'T1' } } } });
  });
});

describe('a closed inquiry', () => {
  test('has the merged answer instead of the sources’ answers', () => {
    expect(inquiryAfter(open(), ordered, answer('logistics', { place: 'Pune' }))).toMatchObject({
      status: 'complete',
      answer: { order_id: 'ORD1', place: 'Pune' },
      closed_at: timeOf(3),
      sources: { orders: { status: 'answered', data: null }, logistics: { data: null } },
    });
  });

  test('has a timeout for each source that did not answer by the deadline', () => {
    expect(inquiryAfter(open(), close(timeOf(60)))).toMatchObject({
      status: 'expired',
      sources: { orders: { status: 'failed', reason: 'timeout' } },
    });
  });

  test('has a skipped source without a latency', () => {
    expect(inquiryAfter(open(), answer('orders', {}))?.sources['logistics']).toMatchObject({
      status: 'skipped',
      latency_ms: null,
    });
  });

  test('keeps the first late answer with its source, and keeps its own answer', () => {
    const late = answer('orders', { status: 'delivered' }, { now: timeOf(61) });
    expect(inquiryAfter(open(), close(timeOf(60)), late)).toMatchObject({
      status: 'expired',
      answer: null,
      corrections: 1,
      sources: { orders: { status: 'late', data: { status: 'delivered' }, reason: null } },
    });
  });

  test('only counts a late failure', () => {
    const late = fail('orders', { now: timeOf(61) });
    expect(inquiryAfter(open(), close(timeOf(60)), late)).toMatchObject({
      corrections: 1,
      sources: { orders: { status: 'failed', reason: 'timeout' } },
    });
  });
});

describe('events of unknown inquiries and sources', () => {
  const closed: InquiryEvent = {
    type: 'InquiryClosed',
    data: { inquiry_id: 'x', kind: 'k', outcome: 'expired', cause: 'deadline', answer: null, unanswered: [] },
  };
  const failed: InquiryEvent = {
    type: 'InquiryFailed',
    data: { inquiry_id: 'i1', source: 'weather', attempt: 1, reason: 'r', reply_id: null, retry: null },
  };

  test('change nothing when the inquiry is unknown', () => {
    expect(given(closed, failed).state).toEqual(noInquiries);
  });

  test('change nothing when the source is unknown', () => {
    const { state, when } = givenCommands(open());
    expect(when(open())).toEqual([]);
    const [inquiry] = state.inquiries.open;
    expect(inquiry && evolveInquiry(inquiry, failed, timeOf(1))).toEqual(inquiry);
  });

  test('ask no unknown source', () => {
    const [inquiry] = givenCommands(open()).state.inquiries.open;
    const requests = [{ source: 'weather', attempt: 1, request: {} }];
    const answered: InquiryEvent = {
      type: 'InquiryAnswered',
      data: {
        inquiry_id: 'i1',
        source: 'orders',
        attempt: 1,
        data: {},
        reply_id: 'r',
        requests,
        skipped: [],
      },
    };
    expect(Object.keys((inquiry && evolveInquiry(inquiry, answered, timeOf(1)))?.sources ?? {})).toEqual([
      'orders',
      'logistics',
    ]);
  });
});

test('an inquiry that is opened again starts over', () => {
  const opened = given().when(open());
  const [inquiry] = givenCommands(open(), ordered).state.inquiries.open;
  const event = opened[0] as InquiryEvent;
  expect(inquiry && evolveInquiry(inquiry, event, timeOf(9))).toMatchObject({
    opened_at: timeOf(9),
    sources: { orders: { status: 'asked' } },
  });
});

test('an event of one inquiry leaves the others unchanged', () => {
  const other = open({ inquiry_id: 'i2', subject: { order_id: 'ORD2' } });
  const before = givenCommands(open(), other).state.inquiries.open[1];
  expect(givenCommands(open(), other, ordered).state.inquiries.open[1]).toEqual(before);
});

test('an unknown event changes nothing', () => {
  const [inquiry] = givenCommands(open()).state.inquiries.open;
  const unknown = { type: 'Unknown', data: {} } as unknown as InquiryEvent;
  expect(inquiry && evolveInquiry(inquiry, unknown, timeOf(1))).toBe(inquiry);
});
