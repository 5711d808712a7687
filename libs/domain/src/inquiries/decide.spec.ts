import { describe, expect, test } from '@jest/globals';
import { timeOf } from '../kernel/test-decider.ts';
import type { InquiryCommand } from './commands.ts';
import { decideInquiry } from './decide.ts';
import type { InquiryOpened } from './events.ts';
import type { InquiryKind } from './kinds.ts';
import { closedInquiriesKept, noInquiries, openInquiriesLimit } from './state.ts';
import {
  another,
  answer,
  cancel,
  close,
  fail,
  given,
  givenCommands,
  open,
  openDeclared,
  openPayout,
  order_status,
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

  test('with the question of an open inquiry joins it', () => {
    expect(givenCommands(open()).when(open({ inquiry_id: 'i2' }))).toEqual([]);
  });

  test('about another subject opens a new one', () => {
    const other = open({ inquiry_id: 'i2', subject: { order_id: 'ORD2' } });
    expect(typesOf(givenCommands(open()).when(other))).toEqual(['InquiryOpened']);
  });

  test('of another kind opens a new one', () => {
    expect(typesOf(givenCommands(open()).when({ ...openPayout(), inquiry_id: 'i2' }))).toEqual([
      'InquiryOpened',
    ]);
  });

  test('with the question of one past its deadline closes that one first', () => {
    const again = open({ inquiry_id: 'i2', now: timeOf(60) });
    expect(typesOf(givenCommands(open()).when(again))).toEqual(['InquiryClosed', 'InquiryOpened']);
  });

  test('requests one handoff for all that are past their deadline', () => {
    const other = openPayout({ inquiry_id: 'i2', subject: { payout_id: 'PAY2' } });
    const third = open({ inquiry_id: 'i3', now: timeOf(70) });
    expect(typesOf(givenCommands(openPayout(), other).when(third))).toEqual([
      'InquiryClosed',
      'HandoffRequested',
      'InquiryClosed',
      'InquiryOpened',
    ]);
  });

  test('records the declaration of its kind', () => {
    expect(given().when(open())).toMatchObject([{ data: { declared: order_status } }]);
  });

  test('skips a source that need not be asked, and its dependents', () => {
    const request = { colour: '/subject/colour' };
    const sources = { paint: { request }, shop: { after: ['paint'], request }, orders: { request: {} } };
    expect(given().when(openDeclared({ sources }))).toMatchObject([
      { data: { requests: [{ source: 'orders' }], skipped: ['paint', 'shop'] } },
    ]);
  });

  test('that needs no source is complete at once, with the fallback answer', () => {
    const sources = { paint: { request: { colour: '/subject/colour' } } };
    expect(given().when(openDeclared({ sources, fallback: { note: 'ask later' } }))).toMatchObject([
      { type: 'InquiryOpened' },
      { type: 'InquiryClosed', data: { outcome: 'complete', answer: { note: 'ask later' } } },
    ]);
  });

  test.each([
    ['empty', { order_id: '' }],
    ['no text', { order_id: 7 }],
  ])('with a subject that is %s is rejected', (_, subject) => {
    expect(given().when(open({ subject }))).toBe('inquiry_subject');
  });

  test('is rejected at the limit of open inquiries', () => {
    const full = Array.from({ length: openInquiriesLimit }, (_, index) => another(index));
    expect(givenCommands(...full).when(another(99))).toBe('too_many_inquiries');
  });
});

describe('the deadline', () => {
  test('closes nothing early', () => {
    expect(givenCommands(open()).when(close(timeOf(59)))).toEqual([]);
  });

  test('closes with the answers so far', () => {
    const waiting = givenCommands(open(), answer('orders', { tracking_id: 'T1' }));
    expect(waiting.when(close(timeOf(60)))).toMatchObject([
      { type: 'InquiryClosed', data: { outcome: 'partial', cause: 'deadline', unanswered: ['logistics'] } },
    ]);
  });

  test('lists as silent the unanswered sources whose requests were sent', () => {
    const command = {
      type: 'CloseInquiry',
      inquiry_id: 'i1',
      now: timeOf(60),
      sent: ['orders', 'x'],
    } as const;
    expect(givenCommands(openPayout()).when(command)).toMatchObject([
      { data: { unanswered: ['payments', 'orders'], silent: ['orders'] } },
      {},
    ]);
  });

  test('closes only once', () => {
    expect(givenCommands(open(), close(timeOf(60))).when(close(timeOf(60)))).toEqual([]);
  });

  test('lists a source between two attempts as unanswered', () => {
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

  test('closes with the fallback answer of its kind when no source answered', () => {
    const waiting = givenCommands(openDeclared({ fallback: { note: 'ask later' } }));
    expect(waiting.when(close(timeOf(60)))).toMatchObject([
      { data: { outcome: 'expired', answer: { note: 'ask later' } } },
    ]);
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

  test('closes it without the fallback answer of its kind', () => {
    const asked = givenCommands(openDeclared({ fallback: { note: 'ask later' } }));
    expect(asked.when(cancel)).toMatchObject([{ data: { outcome: 'cancelled', answer: null } }]);
  });

  test('changes nothing when it is already closed', () => {
    expect(givenCommands(open(), cancel).when(cancel)).toEqual([]);
  });

  test('changes nothing when it is an earlier one that is no longer shown', () => {
    expect(givenCommands(...manyCancelled()).when({ ...cancel, inquiry_id: 'i0' })).toEqual([]);
  });

  test('is rejected when it does not exist', () => {
    expect(given().when(cancel)).toBe('inquiry_not_found');
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

describe('the kind of an open inquiry', () => {
  const declared = { ...order_status, merge: [{ from_event: '/answers/orders/a' }] };

  test('is the one declared in its first event, whatever its name', () => {
    const asked = givenCommands(open({ kind: 'order_status', declared }));
    expect(asked.when(answer('orders', { a: 1 }))).toMatchObject([
      {},
      { type: 'InquiryClosed', data: { answer: { from_event: 1 } } },
    ]);
  });

  test('is dropped when it closes', () => {
    expect(givenCommands(open()).state.inquiry_kinds).toHaveLength(1);
    expect(givenCommands(open(), cancel).state.inquiry_kinds).toEqual([]);
  });

  test.each(['order_status', 'payout_status'])('%s is known to events without a declaration', (kind) => {
    expect(given(openedAs({ kind })).state.inquiry_kinds).toMatchObject([{ inquiry_id: 'i1' }]);
  });
});

describe('an inquiry of an unknown kind', () => {
  const broken = { merge: 7, sources: [], retry: null } as unknown as InquiryKind;

  test.each([
    ['by its name', { kind: 'weather' }],
    ['by a name of every object', { kind: 'constructor' }],
    ['from its declaration', { kind: 'order_status', declared: broken }],
  ])('%s is never complete: sources that cannot be asked fail', (_, data) => {
    expect(given(openedAs(data)).when(answer('orders', { a: 1 }))).toMatchObject([
      { type: 'InquiryAnswered', data: { requests: [], skipped: [] } },
      { type: 'InquiryFailed', data: { source: 'logistics', reason: 'unknown_kind' } },
      { type: 'InquiryClosed', data: { outcome: 'partial', answer: { orders: { a: 1 } } } },
    ]);
  });

  test('is not retried after a failure', () => {
    const asked = given(openedAs({ kind: 'weather' }));
    expect(asked.when(fail('orders', { retryable: true }))).toMatchObject([
      { data: { retry: null } },
      { data: { source: 'logistics' } },
      { data: { outcome: 'expired' } },
    ]);
  });
});

function openedAs(data: Pick<InquiryOpened['data'], 'kind'> & Partial<InquiryOpened['data']>): InquiryOpened {
  return {
    type: 'InquiryOpened',
    data: {
      inquiry_id: 'i1',
      subject: {},
      sources: [
        { source: 'orders', after: [], required: true },
        { source: 'logistics', after: ['orders'], required: true },
      ],
      deadline: timeOf(60),
      requests: [{ source: 'orders', attempt: 1, request: {} }],
      ...data,
    },
  };
}

test('an unknown command is an error', () => {
  const command = { type: 'Unknown' } as unknown as InquiryCommand;
  expect(() => decideInquiry(command, noInquiries, 'none')).toThrow('Unknown command');
});
