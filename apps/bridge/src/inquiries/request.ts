import type { Outgoing } from '#messaging';
import { inquiryRequestType, requestsTopic, writeCloudEvent } from '#messaging';
import type { Due, OpenInquiry } from './open-inquiries.ts';

/** The message with a request to a source. The same request always has the same id, from whichever instance. */
export function requestMessage(inquiry: OpenInquiry, { source, attempt, request }: Due): Outgoing {
  const { inquiry_id, session_id, kind, deadline, key, correlation_id, traceparent } = inquiry;
  const event = {
    specversion: '1.0',
    id: `${inquiry_id}:${source}:${attempt}`,
    source: '/turnstream/inquiries',
    type: inquiryRequestType,
    time: new Date().toISOString(),
    subject: inquiry_id,
    datacontenttype: 'application/json',
    partitionkey: key,
    correlationid: correlation_id,
    ...(traceparent !== null && { traceparent }),
    data: { inquiry_id, session_id, source, kind, attempt, deadline, request },
  } as const;
  return { topic: requestsTopic(source), ...writeCloudEvent(event, key) };
}
