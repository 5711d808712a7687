import { describe, expect, test } from '@jest/globals';
import { timeOf } from '../kernel/test-decider.ts';
import type { OpenInquiry } from './commands.ts';
import type { InquiryOpened } from './events.ts';
import { answerLimit } from './state.ts';
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

const ordered = answer('orders', { status: 'processed', tracking_id: 'T1' });
const afterDeadline = timeOf(61);

describe('an answer', () => {
  test('asks the sources that waited for it', () => {
    expect(givenCommands(open()).when(ordered)).toMatchObject([
      {
        type: 'InquiryAnswered',
        data: { requests: [{ source: 'logistics', request: { order_id: 'ORD1', tracking_id: 'T1' } }] },
      },
    ]);
  });

  test('skips a source that need not be asked, and closes', () => {
    const events = givenCommands(open()).when(answer('orders', { status: 'pending' }));
    expect(events).toMatchObject([
      { data: { skipped: ['logistics'] } },
      { type: 'InquiryClosed', data: { outcome: 'complete', cause: 'settled' } },
    ]);
  });

  test('of the last source closes the inquiry with the merged answer', () => {
    const last = answer('logistics', { status: 'out_for_delivery', place: 'Pune' });
    const merged = { order_id: 'ORD1', order_status: 'processed', status: 'out_for_delivery', place: 'Pune' };
    expect(givenCommands(open(), ordered).when(last)).toMatchObject([
      { type: 'InquiryAnswered' },
      { type: 'InquiryClosed', data: { outcome: 'complete', answer: merged } },
    ]);
  });

  test('of one of several sources does not close the inquiry', () => {
    expect(typesOf(givenCommands(openPayout()).when(answer('orders')))).toEqual(['InquiryAnswered']);
  });

  test('of a source that has failed counts', () => {
    const half = givenCommands(openPayout(), fail('orders'));
    expect(typesOf(half.when(answer('orders')))).toEqual(['InquiryAnswered']);
  });

  test('that is too large is rejected', () => {
    expect(givenCommands(open()).when(answer('orders', { text: 'x'.repeat(answerLimit) }))).toBe(
      'answer_too_large',
    );
  });

  test('to no inquiry is rejected', () => {
    expect(given().when(answer('orders'))).toBe('inquiry_not_found');
  });

  test.each(['weather', 'constructor', 'toString', '__proto__'])('of a source "%s" is rejected', (source) => {
    expect(givenCommands(open()).when(answer(source))).toBe('unknown_source');
  });

  test('of an unknown source to a closed inquiry is rejected', () => {
    expect(givenCommands(open(), cancel).when(answer('constructor'))).toBe('unknown_source');
  });
});

describe('a failure', () => {
  const passing = fail('orders', { retryable: true });

  test('that may pass is followed by another attempt', () => {
    expect(givenCommands(open()).when(passing)).toMatchObject([
      { data: { retry: { at: '2026-11-24T08:00:05.250Z', request: { source: 'orders', attempt: 2 } } } },
    ]);
  });

  test('waits twice as long the second time', () => {
    const second = fail('orders', { retryable: true, attempt: 2 });
    expect(givenCommands(open(), passing).when(second)).toMatchObject([
      { data: { retry: { at: '2026-11-24T08:00:05.500Z', request: { attempt: 3 } } } },
    ]);
  });

  test('is final after the last attempt of its kind', () => {
    const second = fail('orders', { retryable: true, attempt: 2 });
    const third = fail('orders', { retryable: true, attempt: 3 });
    expect(givenCommands(open(), passing, second).when(third)).toMatchObject([
      { data: { retry: null } },
      {},
      {},
    ]);
  });

  test('is final when the next attempt would come after the deadline', () => {
    const late = fail('orders', { retryable: true, now: timeOf(59.9) });
    expect(givenCommands(open()).when(late)).toMatchObject([{ data: { retry: null } }, {}, {}]);
  });

  test('that is final fails the sources that wait for it, and closes', () => {
    expect(givenCommands(open()).when(fail('orders'))).toMatchObject([
      { type: 'InquiryFailed', data: { source: 'orders', retry: null } },
      { type: 'InquiryFailed', data: { source: 'logistics', reason: 'no answer from orders' } },
      { type: 'InquiryClosed', data: { outcome: 'expired', answer: null, cause: 'settled' } },
    ]);
  });

  test('of the last source closes with the other answers', () => {
    expect(givenCommands(open(), ordered).when(fail('logistics'))).toMatchObject([
      {},
      { data: { outcome: 'partial', answer: { tracking_id: 'T1' } } },
    ]);
  });

  test('of a required source requests a handoff where its kind says so', () => {
    const half = givenCommands(openPayout(), answer('orders', { orders: ['ORD1'] }));
    expect(typesOf(half.when(fail('payments')))).toEqual([
      'InquiryFailed',
      'InquiryClosed',
      'HandoffRequested',
    ]);
  });

  test.each([
    ['of an earlier attempt', [open(), passing], passing],
    ['of a source that has failed', [openPayout(), fail('orders')], fail('orders')],
    ['of a source that answered', [open(), ordered], fail('orders')],
  ])('%s is a duplicate', (_, before, failure) => {
    expect(givenCommands(...before).when(failure)).toMatchObject([
      { type: 'InquiryCorrected', data: { cause: 'duplicate', data: null, reason: 'down' } },
    ]);
  });

  test('of a source that is not asked is rejected', () => {
    expect(givenCommands(open()).when(fail('constructor'))).toBe('unknown_source');
  });
});

describe('a reply that comes late', () => {
  test('closes an inquiry that has reached its deadline first', () => {
    const late = answer('orders', {}, { now: timeOf(60) });
    expect(givenCommands(open()).when(late)).toMatchObject([
      { type: 'InquiryClosed', data: { cause: 'deadline' } },
      { type: 'InquiryCorrected', data: { cause: 'late' } },
    ]);
  });

  test('is recorded as late when the inquiry is closed', () => {
    const late = answer('orders', { status: 'delivered' }, { now: afterDeadline });
    expect(givenCommands(open(), close(timeOf(60))).when(late)).toMatchObject([
      { type: 'InquiryCorrected', data: { cause: 'late', data: { status: 'delivered' } } },
    ]);
  });

  test('is a duplicate the second time', () => {
    const late = answer('orders', {}, { now: afterDeadline });
    expect(givenCommands(open(), close(timeOf(60)), late).when(late)).toMatchObject([
      { data: { cause: 'duplicate' } },
    ]);
  });

  test('is a duplicate when the source had been skipped', () => {
    const skipped = givenCommands(open(), answer('orders', {}));
    expect(skipped.when(answer('logistics'))).toMatchObject([{ data: { cause: 'duplicate' } }]);
  });

  test('is recorded for an inquiry that is not shown any more', () => {
    const opened = Array.from({ length: 10 }, (_, index): OpenInquiry =>
      open({ inquiry_id: `i${index}`, subject: { order_id: `ORD${index}` } }),
    );
    const cancelled = opened.flatMap((command) => [command, { ...cancel, inquiry_id: command.inquiry_id }]);
    const late = answer('orders', {}, { inquiry_id: 'i0' });
    expect(givenCommands(...cancelled).when(late)).toMatchObject([{ data: { cause: 'late' } }]);
  });
});

test('a failure of a source that its kind does not have any more is final', () => {
  const opened: InquiryOpened = {
    type: 'InquiryOpened',
    data: {
      inquiry_id: 'i1',
      kind: 'order_status',
      subject: {},
      sources: [{ source: 'weather', after: [], required: false }],
      deadline: timeOf(60),
      requests: [{ source: 'weather', attempt: 1, request: {} }],
    },
  };
  expect(given(opened).when(fail('weather', { retryable: true }))).toMatchObject([
    { type: 'InquiryFailed', data: { retry: null } },
    { type: 'InquiryClosed' },
  ]);
});
