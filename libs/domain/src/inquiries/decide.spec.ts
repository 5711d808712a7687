import { describe, expect, test } from '@jest/globals';
import type { SessionCommand } from '../session/commands.ts';
import type { Session } from '../session/evolve.ts';
import { evolveSession } from '../session/evolve.ts';
import { inquiryKinds } from './kinds.ts';
import { closedInquiriesKept, openInquiriesLimit } from './state.ts';
import { given, metadata, started, timeOf, when } from '../session/test-scenario.ts';

const open = (
  id = 'i1',
  kind = 'order_status',
  subject = { order_id: 'ORD1' },
  now = timeOf(0),
): SessionCommand => ({
  type: 'OpenInquiry',
  inquiry_id: id,
  kind,
  subject: kind === 'payout_status' ? { payout_id: 'PAY1' } : subject,
  timeout_ms: 60_000,
  now,
});
const answer = (source: string, data: object = {}, more: object = {}): SessionCommand => ({
  type: 'AnswerInquiry',
  inquiry_id: 'i1',
  source,
  attempt: 1,
  data: { ...data },
  reply_id: `${source}/1`,
  now: timeOf(5),
  ...more,
});
const fail = (source: string, more: object = {}): SessionCommand => ({
  type: 'FailInquirySource',
  inquiry_id: 'i1',
  source,
  attempt: 1,
  reason: 'down',
  retryable: false,
  reply_id: null,
  now: timeOf(5),
  ...more,
});
const close = (now: string): SessionCommand => ({ type: 'CloseInquiry', inquiry_id: 'i1', now });

/** The session after commands that are all allowed. */
function after(...commands: SessionCommand[]): Session {
  return commands.reduce((session, command) => {
    const events = when(session, command);
    if (typeof events === 'string') throw new Error(`refused: ${events}`);
    return events.reduce((now, event) => {
      const revision = now.revision + 1;
      return evolveSession(now, {
        ...event,
        event_id: `${revision}`,
        revision,
        metadata: metadata(revision),
      });
    }, session);
  }, given(started));
}

const types = (events: ReturnType<typeof when>): unknown =>
  typeof events === 'string' ? events : events.map(({ type }) => type);

describe('order_status', () => {
  test('asks the order service first, logistics with the tracking id, and merges their answers', () => {
    const [opened] = when(given(started), open());
    expect(opened).toMatchObject({
      type: 'InquiryOpened',
      data: { requests: [{ source: 'orders', attempt: 1, request: { order_id: 'ORD1' } }] },
    });
    expect(after(open()).state).toMatchObject({
      conversation_flags: { awaiting_external_data: true },
      order_tracking: { order_id: 'ORD1', status: null },
    });
    const ordered = answer('orders', { status: 'processed', tracking_id: 'T1' });
    expect(when(after(open()), ordered)).toMatchObject([
      {
        type: 'InquiryAnswered',
        data: { requests: [{ source: 'logistics', request: { order_id: 'ORD1', tracking_id: 'T1' } }] },
      },
    ]);
    expect(after(open(), ordered).state.order_tracking).toMatchObject({
      status: 'processed',
      tracking_id: 'T1',
    });
    const done = after(open(), ordered, answer('logistics', { status: 'out_for_delivery', place: 'Pune' }));
    expect(done.state.inquiries.open).toEqual([]);
    expect(done.state.inquiries.closed).toMatchObject([
      {
        status: 'complete',
        answer: { order_id: 'ORD1', order_status: 'processed', status: 'out_for_delivery', place: 'Pune' },
        sources: { orders: { status: 'answered', latency_ms: 1_000 }, logistics: { latency_ms: 1_000 } },
      },
    ]);
    expect(done.state.order_tracking).toMatchObject({ status: 'out_for_delivery', tracking_id: 'T1' });
    expect(done.state.conversation_flags.awaiting_external_data).toBe(false);
  });

  test('an order without a tracking id needs no logistics', () => {
    const closed = after(open(), answer('orders', { status: 'pending' })).state.inquiries.closed;
    expect(closed).toMatchObject([{ status: 'complete', sources: { logistics: { status: 'skipped' } } }]);
  });

  test('a failure that may pass is followed by another attempt, up to the declared number, before the deadline', () => {
    const once = fail('orders', { retryable: true });
    expect(when(after(open()), once)).toMatchObject([
      { data: { retry: { at: '2026-11-24T08:00:05.250Z', request: { source: 'orders', attempt: 2 } } } },
    ]);
    const twice = fail('orders', { retryable: true, attempt: 2 });
    const thrice = fail('orders', { retryable: true, attempt: 3 });
    expect(types(when(after(open(), once, twice), thrice))).toEqual([
      'InquiryFailed',
      'InquiryFailed',
      'InquiryClosed',
    ]);
    expect(types(when(after(open(), once), once))).toEqual(['InquiryCorrected']);
    const late = fail('orders', { retryable: true, now: timeOf(59.9) });
    expect(types(when(after(open()), late))).toEqual(['InquiryFailed', 'InquiryFailed', 'InquiryClosed']);
  });

  test('a source that failed for good fails what depends on it, and the answer is partial or expired', () => {
    const [, , closed] = when(after(open()), fail('orders'));
    expect(closed).toMatchObject({ data: { outcome: 'expired', answer: null, cause: 'settled' } });
    const half = when(after(open(), answer('orders', { tracking_id: 'T1' })), fail('logistics'));
    expect(half[1]).toMatchObject({ data: { outcome: 'partial', answer: { tracking_id: 'T1' } } });
  });
});

describe('deadline', () => {
  test('closes once, with what there is, and never before', () => {
    const waiting = after(open(), answer('orders', { tracking_id: 'T1' }));
    expect(when(waiting, close(timeOf(59)))).toEqual([]);
    expect(when(waiting, close(timeOf(60)))).toMatchObject([
      { type: 'InquiryClosed', data: { outcome: 'partial', cause: 'deadline', unanswered: ['logistics'] } },
    ]);
    const closed = after(open(), close(timeOf(60)));
    expect(when(closed, close(timeOf(60)))).toEqual([]);
    expect(closed.state.inquiries.closed).toMatchObject([
      { status: 'expired', sources: { orders: { status: 'failed', reason: 'timeout' } } },
    ]);
  });

  test('an answer that comes after it closes the inquiry first', () => {
    expect(types(when(after(open()), answer('orders', {}, { now: timeOf(60) })))).toEqual([
      'InquiryClosed',
      'InquiryCorrected',
    ]);
  });

  test('late and repeated answers are recorded, change the order once and the outcome never', () => {
    const closed = after(open(), close(timeOf(60)));
    const late = answer('orders', { status: 'delivered' }, { now: timeOf(61) });
    const corrected = after(open(), close(timeOf(60)), late);
    expect(corrected.state.order_tracking).toMatchObject({ order_id: 'ORD1', status: 'delivered' });
    expect(corrected.state.inquiries.closed).toMatchObject([
      { status: 'expired', answer: null, corrections: 1, sources: { orders: { status: 'late' } } },
    ]);
    expect(when(closed, late)).toMatchObject([{ data: { cause: 'late' } }]);
    const again = when(
      corrected,
      answer('orders', { status: 'lost' }, { reply_id: 'orders/2', now: timeOf(62) }),
    );
    expect(again).toMatchObject([{ type: 'InquiryCorrected', data: { cause: 'duplicate' } }]);
    const twice = after(
      open(),
      close(timeOf(60)),
      late,
      answer('orders', { status: 'lost' }, { now: timeOf(62) }),
    );
    expect(twice.state.order_tracking?.status).toBe('delivered');
    expect(twice.state.inquiries.closed[0]?.corrections).toBe(2);
  });

  test('a late answer does not overwrite newer news of the order', () => {
    const news: SessionCommand = {
      type: 'RecordExternalUpdate',
      system: 'logistics',
      kind: 'shipment_updated',
      reference: 'ORD1',
      data: { order_id: 'ORD1', status: 'delivered' },
      source_event_id: 'x',
    };
    const late = answer('orders', { status: 'processed' }, { now: timeOf(61) });
    const { state } = after(open(), close(timeOf(60)), news, late);
    expect(state.order_tracking?.status).toBe('delivered');
  });
});

describe('payout_status', () => {
  test('asks payments and orders at once; without payments a human is asked for', () => {
    expect(when(given(started), open('i1', 'payout_status'))).toMatchObject([
      { data: { requests: [{ source: 'payments' }, { source: 'orders' }] } },
    ]);
    const half = after(open('i1', 'payout_status'), answer('orders', { orders: ['ORD1'] }));
    expect(types(when(half, fail('payments')))).toEqual([
      'InquiryFailed',
      'InquiryClosed',
      'HandoffRequested',
    ]);
    expect(after(open('i1', 'payout_status'), close(timeOf(60))).state.conversation_flags.handoff).toBe(
      'requested',
    );
  });
});

describe('inquiries of a session', () => {
  test('the same question joins the open one, another subject does not', () => {
    expect(when(after(open()), open('i2'))).toEqual([]);
    expect(types(when(after(open()), open('i2', 'order_status', { order_id: 'ORD2' })))).toEqual([
      'InquiryOpened',
    ]);
    expect(types(when(after(open()), open('i2', 'order_status', { order_id: 'ORD1' }, timeOf(60))))).toEqual([
      'InquiryClosed',
      'InquiryOpened',
    ]);
  });

  test('what is not asked rightly is refused', () => {
    expect(when(given(started), open('i1', 'weather'))).toBe('unknown_inquiry_kind');
    expect(when(given(started), open('i1', 'order_status', { order_id: '' }))).toBe('inquiry_subject');
    expect(when(after(open()), answer('weather'))).toBe('unknown_source');
    expect(when(after(open()), answer('orders', { text: 'x'.repeat(9_000) }))).toBe('answer_too_large');
    expect(when(given(started), answer('orders'))).toBe('inquiry_not_found');
  });

  test.each(['constructor', 'toString', '__proto__'])('nobody answers as "%s"', (source) => {
    expect(when(after(open()), answer(source))).toBe('unknown_source');
    expect(when(after(open()), fail(source))).toBe('unknown_source');
    const cancelled = after(open(), { type: 'CancelInquiry', inquiry_id: 'i1' });
    expect(when(cancelled, answer(source))).toBe('unknown_source');
  });

  test('cancelling closes without an answer, once; ending the session cancels all', () => {
    const cancel: SessionCommand = { type: 'CancelInquiry', inquiry_id: 'i1' };
    expect(when(after(open()), cancel)).toMatchObject([
      { data: { outcome: 'cancelled', cause: 'cancelled' } },
    ]);
    expect(when(after(open(), cancel), cancel)).toEqual([]);
    expect(when(given(started), cancel)).toBe('inquiry_not_found');
    const end: SessionCommand = { type: 'EndSession', reason: null };
    expect(types(when(after(open()), end))).toEqual(['InquiryClosed', 'SessionEnded']);
    expect(types(when(after(open(), end), answer('orders')))).toEqual(['InquiryCorrected']);
  });

  test('the state is bounded, and still knows those that it does not show', () => {
    const many = Array.from({ length: 10 }, (_, index) => [
      open(`i${index}`, 'order_status', { order_id: `ORD${index}` }),
      { type: 'CancelInquiry', inquiry_id: `i${index}` } as const,
    ]).flat();
    const { state } = after(...many);
    expect(state.inquiries.closed).toHaveLength(closedInquiriesKept);
    expect(types(when(after(...many), answer('orders', {}, { inquiry_id: 'i0' })))).toEqual([
      'InquiryCorrected',
    ]);
    const full = Array.from({ length: openInquiriesLimit }, (_, index) =>
      open(`i${index}`, 'order_status', { order_id: `ORD${index}` }),
    );
    expect(when(after(...full), open('i99', 'order_status', { order_id: 'ORD99' }))).toBe(
      'too_many_inquiries',
    );
  });

  test('every kind declares sources that exist, without a circle', () => {
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
});
