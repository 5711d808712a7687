import type { CloudEvent, RawMessage } from './cloud-events.ts';
import { readCloudEvent } from './cloud-events.ts';
import { NonRetryableError } from './errors.ts';
import { identityOf } from './identity.ts';
import type { JsonSchema } from './schemas.ts';
import { idLimit, incomingSchemas, inquiryReplySchema, inquiryReplyType } from './schemas.ts';
import { schemaError } from './validation.ts';

type Members = { readonly [field: string]: unknown };

/** An external update: an event of another system, read and validated. */
export interface IncomingEvent {
  /** The CloudEvent's source and id, joined by `identityOf`: the same update again has the same. */
  readonly source_event_id: string;
  readonly system: string;
  /** The type without system and version, as `order_updated`. */
  readonly kind: string;
  readonly version: number;
  /** Whether this version of the type is known, so that its data was validated. */
  readonly known: boolean;
  readonly subject: string | null;
  readonly data: Members;
}

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

const typePattern = /^([a-z_]+)\.([a-z_]+)\.v([1-9]\d{0,4})$/;

/**
 * Reads an event of the topic of `system`. Data of an unknown version of a known type is kept as it is.
 * @throws NonRetryableError `not_json`, `not_a_cloud_event`, `unknown_type` or `schema_broken`
 */
export function readIncoming(system: string, message: RawMessage): IncomingEvent {
  const event = readCloudEvent(message);
  const [, sender, kind = '', digits] = typePattern.exec(event.type) ?? [];
  const versions = incomingSchemas[`${system}.${kind}`];
  if (sender !== system || versions === undefined) {
    throw new NonRetryableError('unknown_type', `Type ${event.type} is not one of ${system}.`);
  }
  const version = Number(digits);
  const schema = versions[version];
  const data = schema ? checkedData(event, schema) : anyData(event);
  return {
    source_event_id: identityOf(event),
    system,
    kind,
    version,
    known: schema !== undefined,
    subject: subjectOf(event),
    data,
  };
}

/** @throws NonRetryableError as `readIncoming` */
export function readReply(message: RawMessage): InquiryReply {
  const event = readCloudEvent(message);
  if (event.type !== inquiryReplyType) {
    throw new NonRetryableError('unknown_type', `Type ${event.type} is not ${inquiryReplyType}.`);
  }
  const data = checkedData(event, inquiryReplySchema) as unknown as Omit<InquiryReply, 'reply_id'>;
  return { ...data, reply_id: identityOf(event) };
}

/** A subject that is longer than any id counts as none. */
function subjectOf({ subject }: CloudEvent): string | null {
  return typeof subject === 'string' && subject.length <= idLimit ? subject : null;
}

function checkedData({ data }: CloudEvent, schema: JsonSchema): Members {
  const error = schemaError(schema, data);
  if (error !== undefined) throw new NonRetryableError('schema_broken', error);
  return data as Members;
}

function anyData({ data }: CloudEvent): Members {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
    ? (data as Members)
    : { value: data };
}
