import { describe, expect, test } from '@jest/globals';
import { timeOf } from '../kernel/test-decider.ts';
import type { FailInquirySource, OpenInquiry } from './commands.ts';
import type { InquiryEvent } from './events.ts';
import type { InquiryKind } from './kinds.ts';
import { answerLimit } from './state.ts';
import {
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

const ordered = answer('orders', { status: 'processed', tracking_id: 'T1' });
const afterDeadline = timeOf(61);

describe('an answer', () => {
  test('asks the sources that depend on it', () => {
    expect(givenCommands(open()).when(ordered)).toMatchObject([
      {
        type: 'InquiryAnswered',
        data: { requests: [{ source: 'logistics', request: { order_id: 'ORD1', tracking_id: 'T1' } }] },
      },
    ]);
  });

  test('skips a source that need not be asked, and closes the inquiry', () => {
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

  test('of a failed source counts', () => {
    const half = givenCommands(openPayout(), fail('orders'));
    expect(typesOf(half.when(answer('orders')))).toEqual(['InquiryAnswered']);
  });

  test('that is too large fails its source at once', () => {
    const large = answer('orders', { text: 'x'.repeat(answerLimit) });
    expect(givenCommands(open()).when(large)).toMatchObject([
      { type: 'InquiryFailed', data: { source: 'orders', reason: 'answer_too_large', retry: null } },
      { type: 'InquiryFailed', data: { source: 'logistics' } },
      { type: 'InquiryClosed', data: { outcome: 'failed' } },
    ]);
  });

  test('that is too large and late is recorded without its data', () => {
    const large = answer('orders', { text: 'x'.repeat(answerLimit) }, { now: afterDeadline });
    expect(givenCommands(open(), close(timeOf(60))).when(large)).toMatchObject([
      { type: 'InquiryCorrected', data: { cause: 'late', data: null, reason: 'answer_too_large' } },
    ]);
  });

  test('keeps the time and the trace context of its source', () => {
    const origin = { occurred_at_source: timeOf(4), source_traceparent: '00-1-2-01' };
    expect(givenCommands(open()).when(answer('orders', {}, { origin }))).toMatchObject([
      { data: origin },
      {},
    ]);
  });

  test('fails a dependent source whose request is too large', () => {
    const request = Object.fromEntries(['a', 'b'].map((key) => [key, '/answers/orders/text']));
    const sources = { orders: { request: {} }, logistics: { after: ['orders'], request } };
    const text = 'x'.repeat(5_000);
    expect(givenCommands(openDeclared({ sources })).when(answer('orders', { text }))).toMatchObject([
      { type: 'InquiryAnswered', data: { requests: [], skipped: [] } },
      { type: 'InquiryFailed', data: { source: 'logistics', reason: 'request_too_large', attempt: 0 } },
      { type: 'InquiryClosed', data: { outcome: 'partial' } },
    ]);
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

/** A final failure in the source's own reply. */
const saidNo = (source: string): FailInquirySource => fail(source, { reply_id: `${source}/1` });

/** A temporary failure in the source's own reply. */
const stillDown = (source: string, more: Partial<FailInquirySource>): FailInquirySource =>
  fail(source, { reply_id: `${source}/${more.attempt ?? 1}`, retryable: true, ...more });

describe('the outcome of an inquiry', () => {
  const half = [openPayout(), answer('orders', { orders: ['ORD1'] })];

  test('is failed when a required source replied with a final failure, although another answered', () => {
    expect(givenCommands(...half).when(saidNo('payments'))).toMatchObject([
      {},
      { type: 'InquiryClosed', data: { outcome: 'failed', answer: { orders: ['ORD1'] } } },
      { type: 'HandoffRequested' },
    ]);
  });

  test('is partial when a required source could not be asked and another answered', () => {
    const refused = fail('payments', { reason: 'circuit_open' });
    expect(givenCommands(...half).when(refused)).toMatchObject([{}, { data: { outcome: 'partial' } }, {}]);
  });

  test('is partial when an optional source replied with a final failure', () => {
    expect(givenCommands(open(), ordered).when(saidNo('logistics'))).toMatchObject([
      {},
      { data: { outcome: 'partial' } },
    ]);
  });

  test('is partial when a required source still fails temporarily at its last attempt', () => {
    const first = stillDown('payments', { attempt: 1 });
    expect(givenCommands(...half, first).when(stillDown('payments', { attempt: 2 }))).toMatchObject([
      { data: { retry: null } },
      { data: { outcome: 'partial' } },
      {},
    ]);
  });

  test('is expired when the only asked source is down and no time is left for a retry', () => {
    expect(givenCommands(open()).when(stillDown('orders', { now: timeOf(59.9) }))).toMatchObject([
      { data: { retry: null } },
      {},
      { data: { outcome: 'expired' } },
    ]);
  });

  test('is at most partial for an unreadable kind', () => {
    const declared = { subject: [] } as unknown as InquiryKind;
    const opened: InquiryEvent = {
      type: 'InquiryOpened',
      data: {
        inquiry_id: 'i1',
        kind: 'unheard',
        subject: {},
        sources: [{ source: 'orders', after: [], required: true }],
        deadline: timeOf(60),
        requests: [{ source: 'orders', attempt: 1, request: {} }],
        declared,
      },
    };
    expect(given(opened).when(answer('orders', { status: 'paid' }))).toMatchObject([
      {},
      { data: { outcome: 'partial', answer: { orders: { status: 'paid' } } } },
    ]);
  });

  test('is expired when no source could be asked', () => {
    const refused = fail('orders', { reason: 'topic_missing' });
    expect(givenCommands(open()).when(refused)).toMatchObject([{}, {}, { data: { outcome: 'expired' } }]);
  });

  test('is complete when a source that had failed answered after all', () => {
    const before = givenCommands(openPayout(), saidNo('payments'), answer('payments', { status: 'paid' }));
    expect(before.when(answer('orders'))).toMatchObject([{}, { data: { outcome: 'complete' } }]);
  });
});

describe('a failure', () => {
  const passing = fail('orders', { retryable: true });

  test('that is temporary is followed by another attempt', () => {
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

  test.each([1e6, 1e300])('is final when its pause of %d ms ends after the deadline', (backoff_ms) => {
    const retry = { attempts: 2_000, backoff_ms };
    const asked = givenCommands(openDeclared({ retry, sources: order_status.sources }));
    expect(asked.when(passing)).toMatchObject([{ data: { retry: null } }, {}, {}]);
  });

  test('is final when the next attempt would come after the deadline', () => {
    const late = fail('orders', { retryable: true, now: timeOf(59.9) });
    expect(givenCommands(open()).when(late)).toMatchObject([{ data: { retry: null } }, {}, {}]);
  });

  test('that is final fails the sources that depend on it, and closes the inquiry', () => {
    expect(givenCommands(open()).when(saidNo('orders'))).toMatchObject([
      { type: 'InquiryFailed', data: { source: 'orders', retry: null, retryable: false } },
      { type: 'InquiryFailed', data: { source: 'logistics', reason: 'no answer from orders' } },
      { type: 'InquiryClosed', data: { outcome: 'failed', answer: null, cause: 'settled' } },
    ]);
  });

  test('of the last source closes the inquiry with the other answers', () => {
    expect(givenCommands(open(), ordered).when(fail('logistics'))).toMatchObject([
      {},
      { data: { outcome: 'partial', answer: { tracking_id: 'T1' } } },
    ]);
  });

  test('of a required source requests a handoff if its kind declares it', () => {
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

describe('a late reply', () => {
  test('first closes an inquiry that has reached its deadline', () => {
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

  test('is recorded for an inquiry that is no longer shown', () => {
    const opened = Array.from({ length: 10 }, (_, index): OpenInquiry =>
      open({ inquiry_id: `i${index}`, subject: { order_id: `ORD${index}` } }),
    );
    const cancelled = opened.flatMap((command) => [command, { ...cancel, inquiry_id: command.inquiry_id }]);
    const late = answer('orders', {}, { inquiry_id: 'i0' });
    expect(givenCommands(...cancelled).when(late)).toMatchObject([{ data: { cause: 'late' } }]);
  });
});
