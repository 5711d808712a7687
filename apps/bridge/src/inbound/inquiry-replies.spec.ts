import { describe, expect, test } from '@jest/globals';
import type { InquiryReply } from '#messaging';
import { NonRetryableError } from '#messaging';
import { CommandIdReusedError } from '#sessions';
import { InquiryReplies } from './inquiry-replies.ts';
import { appended, executor, rejectedWith, replayed } from './test-executor.ts';

const id = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';
const place = { topic: 'inquiry.replies', partition: 0, offset: '0', timestamp: '0', key: null };
const replies = new InquiryReplies(
  { execute: () => Promise.reject(new Error('not recorded')) },
  { cell: undefined },
);

/** A reply with this amount, as it is written in the message. */
function withAmount(amount: string): ReturnType<InquiryReplies['read']> {
  const data = { inquiry_id: id, session_id: id, source: 'payments', attempt: 1, status: 'ok' };
  const event = { specversion: '1.0', id: '1', source: '/payments', type: 'inquiry.replied.v1' };
  const text = JSON.stringify({ ...event, data: { ...data, data: { amount: 0 } } });
  return replies.read([{ ...place, value: Buffer.from(text.replace('"amount":0', `"amount":${amount}`)) }]);
}

test('a reply with a number that would be rounded is not retryable', () => {
  expect(withAmount('8450.25')).toMatchObject([{ data: { amount: 8450.25 } }]);
  expect(withAmount('9007199254740993')).toMatchObject([{ code: 'schema_broken' }]);
});

describe('a reply', () => {
  const id = '0B8E2C9A-52A1-4C5E-9C53-4A5D0A6C0F10';
  const base = { reply_id: '/orders/1', inquiry_id: id, session_id: id, source: 'orders', attempt: 1 };
  const recordReply = (
    commands: ReturnType<typeof executor>,
    reply: Partial<InquiryReply>,
    cell?: string,
  ): Promise<boolean> =>
    new InquiryReplies(commands, { cell: cell ? { own: cell, first: null } : undefined }).record({
      ...base,
      status: 'ok',
      origin: {},
      ...reply,
    });

  test('with data answers the inquiry', async () => {
    const commands = executor();
    await recordReply(commands, { data: { status: 'shipped' } });
    expect(commands.requests[0]).toMatchObject({
      sessionId: id.toLowerCase(),
      commandIds: ['reply:/orders/1'],
      commands: [{ type: 'AnswerInquiry', inquiry_id: id.toLowerCase(), data: { status: 'shipped' } }],
    });
  });

  test('without data fails the source, by default for good', async () => {
    const commands = executor();
    await recordReply(commands, { status: 'failed', reason: 'down' });
    expect(commands.requests[0]?.commands[0]).toMatchObject({
      type: 'FailInquirySource',
      reason: 'down',
      retryable: false,
    });
  });

  test('carries the time of its source, which does not make it another reply', async () => {
    const commands = executor();
    const origin = { occurred_at_source: '2026-11-24T08:00:00.000Z' };
    await recordReply(commands, { data: {}, origin });
    const [request] = commands.requests;
    expect(request?.commands).toMatchObject([{ origin }]);
    expect(Object.keys(request?.body ?? {}).sort()).toEqual(
      ['attempt', 'data', 'inquiry_id', 'reply_id', 'source', 'type'].sort(),
    );
  });

  test('whose id came before with other data is recorded beside that one, once', async () => {
    const used = new CommandIdReusedError('1', []);
    const commands = executor(used, appended, used, replayed);
    await recordReply(commands, { data: { status: 'other' } });
    await recordReply(commands, { data: { status: 'other' } });
    const ids = commands.requests.map(({ commandIds }) => commandIds[0]);
    expect(ids).toEqual(['reply:/orders/1', ids[1], 'reply:/orders/1', ids[1]]);
    expect(ids[1]).toMatch(/^reply:\/orders\/1#[\w-]{43}$/);
  });

  test('whose session is not in the cell is dropped', async () => {
    expect(await recordReply(executor(rejectedWith('session_not_found')), {}, 'b')).toBe(false);
  });

  test('of a missing session is not retryable without cells', async () => {
    const recording = recordReply(executor(rejectedWith('session_not_found')), {});
    await expect(recording).rejects.toBeInstanceOf(NonRetryableError);
  });

  test('that the session rejects is not retryable', async () => {
    const recording = recordReply(executor(rejectedWith('inquiry_not_found')), { data: {} });
    await expect(recording).rejects.toEqual(new NonRetryableError('refused', 'inquiry_not_found: No.'));
  });
});
