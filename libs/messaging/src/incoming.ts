import type { CloudEvent, RawMessage } from './cloud-events.ts';
import { readCloudEvent } from './cloud-events.ts';
import { NonRetryableError } from './errors.ts';
import { identityOf } from './identity.ts';
import type { JsonSchema } from './schemas.ts';
import { inquiryReplySchema, inquiryReplyType } from './schemas.ts';
import { schemaError } from './validation.ts';

type Members = { readonly [field: string]: unknown };

/** A source's answer, or its failure. */
export interface InquiryReply {
  readonly reply_id: string;
  readonly inquiry_id: string;
  readonly session_id: string;
  readonly source: string;
  readonly attempt: number;
  readonly status: 'ok' | 'failed';
  readonly data?: Members;
  readonly reason?: string;
  readonly retryable?: boolean;
  /** Further details of its CloudEvent: its time (ISO 8601, UTC), and its own W3C trace context. */
  readonly origin: { readonly occurred_at_source?: string; readonly source_traceparent?: string };
}

const traceparentPattern = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/**
 * Reads the reply of a source.
 * @throws NonRetryableError `not_json`, `not_a_cloud_event`, `unknown_type` or `schema_broken`
 */
export function readReply(message: RawMessage): InquiryReply {
  const event = readCloudEvent(message);
  if (event.type !== inquiryReplyType) {
    throw new NonRetryableError('unknown_type', `Type ${event.type} is not ${inquiryReplyType}.`);
  }
  const data = checkedData(event, inquiryReplySchema) as unknown as Omit<InquiryReply, 'origin' | 'reply_id'>;
  return { ...data, reply_id: identityOf(event), origin: originOf(event) };
}

function originOf({ time, traceparent }: CloudEvent): InquiryReply['origin'] {
  const at = Date.parse(time ?? '');
  return {
    ...(Number.isFinite(at) && { occurred_at_source: new Date(at).toISOString() }),
    ...(typeof traceparent === 'string' &&
      traceparentPattern.test(traceparent) && { source_traceparent: traceparent }),
  };
}

function checkedData({ data }: CloudEvent, schema: JsonSchema): Members {
  const error = schemaError(schema, data);
  if (error !== undefined) throw new NonRetryableError('schema_broken', error);
  return data as Members;
}
