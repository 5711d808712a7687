import { describe, expect, test } from '@jest/globals';
import { timeOf } from '../kernel/test-decider.ts';
import type { InquiryCommand, OpenInquiry } from './commands.ts';
import { cancelAll, decideInquiry } from './decide.ts';
import type { InquiryOpened } from './events.ts';
import { inquiryKinds } from './kinds.ts';
import { closedInquiriesKept, noInquiries, openInquiriesLimit } from './state.ts';
import {
  answer,
  cancel,
  close,
  fail,
  given,
  givenCommands,
  open,
  openPayout,
  typesOf,
} from './test-inquiries.ts';

describe('opening an inquiry', () => {
  test('asks the sources that depend on no other', () => {
    expect(given().when(open())).toMatchObject([
      {
        type: 'InquiryOpened',
        data: {
          requests: [{ source: 'orders', attempt: 1, request: { order_id: 'ORD1' } }],
          deadline: timeOf(60),
        },
      },
    ]);
  });

  test('asks all sources at once when none depends on another', () => {
    expect(given().when(openPayout())).toMatchObject([
      { data: { requests: [{ source: 'payments' }, { source: 'orders' }] } },
    ]);
  });

  test('without a time limit has the deadline of its kind', () => {
    expect(given().when(open({ timeout_ms: null }))).toMatchObject([{ data: { deadline: timeOf(5) } }]);
  });

  test('with the question of an open one joins that', () => {
    expect(givenCommands(open()).when(open({ inquiry_id: 'i2' }))).toEqual([]);
  });

  test('about another subject opens another', () => {
    const other = open({ inquiry_id: 'i2', subject: { order_id: 'ORD2' } });
    expect(typesOf(givenCommands(open()).when(other))).toEqual(['InquiryOpened']);
  });

  test('of another kind opens another', () => {
    expect(typesOf(givenCommands(open()).when({ ...openPayout(), inquiry_id: 'i2' }))).toEqual([
      'InquiryOpened',
    ]);
  });

  test('with the question of one that has reached its deadline closes that first', () => {
    const again = open({ inquiry_id: 'i2', now: timeOf(60) });
    expect(typesOf(givenCommands(open()).when(again))).toEqual(['InquiryClosed', 'InquiryOpened']);
  });

  test('of a kind that does not exist is rejected', () => {
    expect(given().when(open({ kind: 'weather' }))).toBe('unknown_inquiry_kind');
  });

  test.each([
    ['empty', { order_id: '' }],
    ['no text', { order_id: 7 }],
  ])('with a subject that is %s is rejected', (_, subject) => {
    expect(given().when(open({ subject }))).toBe('inquiry_subject');
  });

  test('is rejected when as many are open as a session may have', () => {
    const full = Array.from({ length: openInquiriesLimit }, (_, index) => another(index));
    expect(givenCommands(...full).when(another(99))).toBe('too_many_inquiries');
  });
});

function another(index: number): OpenInquiry {
  return open({ inquiry_id: `i${index}`, subject: { order_id: `ORD${index}` } });
}

describe('the deadline', () => {
  test('closes nothing before its time', () => {
    expect(givenCommands(open()).when(close(timeOf(59)))).toEqual([]);
  });

  test('closes with the answers that there are', () => {
    const waiting = givenCommands(open(), answer('orders', { tracking_id: 'T1' }));
    expect(waiting.when(close(timeOf(60)))).toMatchObject([
      { type: 'InquiryClosed', data: { outcome: 'partial', cause: 'deadline', unanswered: ['logistics'] } },
    ]);
  });

  test('closes once', () => {
    expect(givenCommands(open(), close(timeOf(60))).when(close(timeOf(60)))).toEqual([]);
  });

  test('names a source that is waited for between two attempts as unanswered', () => {
    const retrying = givenCommands(open(), fail('orders', { retryable: true }));
    expect(retrying.when(close(timeOf(60)))).toMatchObject([{ data: { unanswered: ['orders'] } }]);
  });

  test('requests a handoff when a required source of such a kind did not answer', () => {
    expect(givenCommands(openPayout()).when(close(timeOf(60)))).toMatchObject([
      { type: 'InquiryClosed' },
      { type: 'HandoffRequested', data: { reason: 'inquiry payout_status: no answer from payments' } },
    ]);
  });

  test('requests no handoff when one was requested before', () => {
    const { state } = givenCommands(openPayout());
    expect(decideInquiry(close(timeOf(60)), state, 'requested')).toMatchObject({
      events: [{ type: 'InquiryClosed' }],
    });
  });

  test('requests no handoff when all required sources answered', () => {
    const half = givenCommands(openPayout(), answer('payments'));
    expect(typesOf(half.when(close(timeOf(60))))).toEqual(['InquiryClosed']);
  });
});

describe('cancelling an inquiry', () => {
  test('closes it without a handoff', () => {
    expect(givenCommands(openPayout()).when(cancel)).toMatchObject([
      { type: 'InquiryClosed', data: { outcome: 'cancelled', cause: 'cancelled', answer: null } },
    ]);
  });

  test('changes nothing when it is closed', () => {
    expect(givenCommands(open(), cancel).when(cancel)).toEqual([]);
  });

  test('changes nothing when it is one of the earlier ones', () => {
    expect(givenCommands(...manyCancelled()).when({ ...cancel, inquiry_id: 'i0' })).toEqual([]);
  });

  test('is rejected when there is none', () => {
    expect(given().when(cancel)).toBe('inquiry_not_found');
  });

  test('of all closes each', () => {
    const { state } = givenCommands(another(1), another(2));
    expect(cancelAll(state, 'none')).toMatchObject([
      { data: { inquiry_id: 'i1', outcome: 'cancelled', cause: 'session_over' } },
      { data: { inquiry_id: 'i2' } },
    ]);
  });
});

function manyCancelled(): InquiryCommand[] {
  return Array.from({ length: 10 }, (_, index) => [
    another(index),
    { type: 'CancelInquiry', inquiry_id: `i${index}` } as const,
  ]).flat();
}

test('only the last closed inquiries are shown', () => {
  const { state } = givenCommands(...manyCancelled());
  expect(state.inquiries.closed).toHaveLength(closedInquiriesKept);
});

describe('an inquiry of a kind that this code does not know', () => {
  const opened: InquiryOpened = {
    type: 'InquiryOpened',
    data: {
      inquiry_id: 'i1',
      kind: 'weather',
      subject: {},
      sources: [
        { source: 'orders', after: [], required: true },
        { source: 'logistics', after: ['orders'], required: true },
      ],
      deadline: timeOf(60),
      requests: [{ source: 'orders', attempt: 1, request: {} }],
    },
  };

  test('closes with its answers side by side', () => {
    expect(given(opened).when(answer('orders', { a: 1 }))).toMatchObject([
      { type: 'InquiryAnswered', data: { requests: [], skipped: ['logistics'] } },
      { type: 'InquiryClosed', data: { outcome: 'complete', answer: { orders: { a: 1 } } } },
    ]);
  });

  test('is not asked again after a failure', () => {
    expect(given(opened).when(fail('orders', { retryable: true }))).toMatchObject([
      { data: { retry: null } },
      { data: { source: 'logistics' } },
      { data: { outcome: 'expired' } },
    ]);
  });
});

test('every kind declares sources that exist, without a cycle', () => {
  for (const kind of Object.values(inquiryKinds)) {
    const done = new Set<string>();
    for (let left = Object.entries(kind.sources); left.length > 0;) {
      const ready = left.filter(([, { after }]) => after.every((name) => done.has(name)));
      expect(ready.length).toBeGreaterThan(0);
      for (const [name] of ready) done.add(name);
      left = left.filter(([name]) => !done.has(name));
    }
  }
});

test('a command that is none of inquiries is an error', () => {
  const command = { type: 'Unknown' } as unknown as InquiryCommand;
  expect(() => decideInquiry(command, noInquiries, 'none')).toThrow('Unknown command');
});
