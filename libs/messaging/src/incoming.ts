import type { CloudEvent, RawMessage } from './cloud-events.ts';
import { readCloudEvent } from './cloud-events.ts';
import { NonRetryableError } from './errors.ts';
import type { JsonSchema } from './schemas.ts';
import { inquiryReplySchema, inquiryReplyType } from './schemas.ts';
import { schemaError } from './validation.ts';

type Members = { readonly [field: string]: unknown };

/** The answer of a source, or that it has none. */
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
}

/**
 * Reads the reply of a source.
 * @throws NonRetryableError `not_json`, `not_a_cloud_event`, `unknown_type` or `schema_broken`
 */
export function readReply(message: RawMessage): InquiryReply {
  const event = readCloudEvent(message);
  if (event.type !== inquiryReplyType) {
    throw new NonRetryableError('unknown_type', `Type ${event.type} is not ${inquiryReplyType}.`);
  }
  const data = checkedData(event, inquiryReplySchema) as unknown as Omit<InquiryReply, 'reply_id'>;
  return { ...data, reply_id: identityOf(event) };
}

/** What identifies an event: its source and its id in there. */
export function identityOf({ source, id }: Pick<CloudEvent, 'source' | 'id'>): string {
  return `${source}/${id}`;
}

function checkedData({ data }: CloudEvent, schema: JsonSchema): Members {
  const error = schemaError(schema, data);
  if (error !== undefined) throw new NonRetryableError('schema_broken', error);
  return data as Members;
}
