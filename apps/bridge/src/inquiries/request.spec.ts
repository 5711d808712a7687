import { expect, test } from '@jest/globals';
import type { OpenInquiry } from './open-inquiries.ts';
import { OpenInquiries } from './open-inquiries.ts';
import { requestMessage } from './request.ts';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const time = '2026-01-05T09:00:00.000Z';
const due = { source: 'orders', attempt: 1, request: { order_id: 'O1' }, at: 0, sent: false };

/** The request of an inquiry opened by a command with this trace context, as the source receives it. */
function requestOf(trace: { readonly traceparent?: string }): unknown {
  const inquiries = new OpenInquiries();
  const event = {
    type: 'InquiryOpened' as const,
    data: { inquiry_id: 'i1', kind: 'order_status', subject: {}, sources: [], deadline: time, requests: [] },
    event_id: 'e1',
    revision: 1,
    metadata: {
      schema_version: 1,
      occurred_at: time,
      actor: { role: 'agent', id: 'a' } as const,
      $correlationId: 'c-1',
      ...trace,
    },
  };
  const inquiry = inquiries.apply('s1', event)?.inquiry as OpenInquiry;
  return JSON.parse(String(requestMessage(inquiry, due).value));
}

test('a request carries the correlation id and the trace context of the command that opened its inquiry', () => {
  expect(requestOf({ traceparent })).toMatchObject({ correlationid: 'c-1', traceparent });
});

test('a request without a trace context has no such attribute', () => {
  expect(requestOf({})).not.toHaveProperty('traceparent');
});
