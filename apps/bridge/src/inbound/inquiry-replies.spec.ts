import { expect, test } from '@jest/globals';
import { InquiryReplies } from './inquiry-replies.ts';

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
