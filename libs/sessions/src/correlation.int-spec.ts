import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { InquiryKind, SessionCommand } from '#domain';
import { formerInquiryKinds } from '#domain';
import { readEvents } from './streams.ts';
import { sessionOfEachTest, startSession } from './test-support.ts';

const session = sessionOfEachTest();
const actor = { role: 'system', id: 'spec' } as const;
const caller = {
  correlationId: 'c-1',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};
const origin = { $correlationId: caller.correlationId, traceparent: caller.traceparent };

function openInquiry(inquiry_id: string): SessionCommand {
  const [subject, now] = [{ order_id: 'O1' }, new Date().toISOString()];
  const declared = formerInquiryKinds['order_status'] as InquiryKind;
  return {
    type: 'OpenInquiry',
    inquiry_id,
    kind: 'order_status',
    declared,
    subject,
    timeout_ms: 60_000,
    now,
  };
}

function answer(inquiry_id: string, source: string): SessionCommand {
  const [data, now] = [{ tracking_id: 'T1', status: 'shipped' }, new Date().toISOString()];
  return { type: 'AnswerInquiry', inquiry_id, source, attempt: 1, data, reply_id: randomUUID(), now };
}

test('the answers and the closing of an inquiry continue the request that opened it', async () => {
  const inquiry_id = randomUUID();
  await session.run(startSession);
  await session.run(openInquiry(inquiry_id), caller);
  for (const source of ['orders', 'logistics', 'orders'])
    await session.run(answer(inquiry_id, source), { actor });
  const events = await Array.fromAsync(readEvents(session.store, session.id, { from: 1 }));
  expect(events.map(({ type, metadata }) => [type, metadata])).toEqual(
    ['InquiryOpened', 'InquiryAnswered', 'InquiryAnswered', 'InquiryClosed', 'InquiryCorrected'].map(
      (type) => [type, expect.objectContaining(origin)],
    ),
  );
});

test('an inquiry that reaches its deadline closes with the correlation of the request that opened it', async () => {
  const inquiry_id = randomUUID();
  await session.run(startSession);
  await session.run(openInquiry(inquiry_id), caller);
  const now = new Date(Date.now() + 3_600_000).toISOString();
  const { events } = await session.run({ type: 'CloseInquiry', inquiry_id, now }, { actor });
  expect(events).toMatchObject([{ type: 'InquiryClosed', metadata: origin }]);
});

test('a request with a correlation of its own keeps it', async () => {
  const inquiry_id = randomUUID();
  await session.run(startSession);
  await session.run(openInquiry(inquiry_id), caller);
  const { events } = await session.run({ type: 'CancelInquiry', inquiry_id }, { correlationId: 'c-2' });
  expect(events).toMatchObject([{ type: 'InquiryClosed', metadata: { $correlationId: 'c-2' } }]);
});

test('the events of a request without a correlation id get the same new one', async () => {
  await session.run(startSession);
  const flags = ['a', 'b'].map((flag): SessionCommand => ({ type: 'RaiseFlag', flag, value: true }));
  const { events } = await session.run(startSession, { commands: flags });
  const ids = events.map(({ metadata }) => metadata.$correlationId);
  expect(new Set(ids).size).toBe(1);
});
