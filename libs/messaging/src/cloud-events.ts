import type { IHeaders } from 'kafkajs';
import { NonRetryableError } from './errors.ts';
import { cloudEventSchema } from './schemas.ts';
import { schemaError } from './validation.ts';

/** A CloudEvent 1.0 with JSON data. Extension attributes are members like the others. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time?: string;
  readonly subject?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  readonly data?: unknown;
  readonly [extension: string]: unknown;
}

/** The parts of a Kafka message that are read. */
export interface RawMessage {
  readonly key?: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: IHeaders | undefined;
}

const structured = 'application/cloudevents+json';
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a message in either content mode of the Kafka protocol binding: attributes in `ce_` headers (binary), or the whole
 * event in the value (structured).
 * @throws NonRetryableError `not_json` or `not_a_cloud_event`
 */
export function readCloudEvent({ value, headers }: RawMessage): CloudEvent {
  const attributes = binaryAttributes(headers);
  const type = headerText(headers, 'content-type') ?? '';
  if (type.startsWith('application/cloudevents') && !type.startsWith(structured)) {
    throw new NonRetryableError('not_a_cloud_event', `Content type ${type} is not supported.`);
  }
  if ('specversion' in attributes && !type.startsWith(structured)) {
    const data = value === null || value.length === 0 ? undefined : parseJson(value);
    return validated({ ...attributes, ...(type !== '' && { datacontenttype: type }), data });
  }
  if (value === null) throw new NonRetryableError('not_json', 'The message has no value.');
  const envelope = parseJson(value);
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) {
    throw new NonRetryableError('not_a_cloud_event', 'The value is no JSON object.');
  }
  const { data_base64, ...rest } = envelope as Record<string, unknown>;
  if (typeof data_base64 !== 'string') return validated(rest);
  return validated({ ...rest, data: parseJson(Buffer.from(data_base64, 'base64')) });
}

/** A CloudEvent as a message in structured mode. */
export function writeCloudEvent(event: CloudEvent, key: string): OutgoingMessage {
  return { key, value: JSON.stringify(event), headers: { 'content-type': `${structured}; charset=UTF-8` } };
}

interface OutgoingMessage {
  readonly key: string;
  readonly value: string;
  readonly headers: { readonly [name: string]: string };
}

/** The JSON of a message. @throws NonRetryableError `not_json` */
export function parseJson(bytes: Buffer): unknown {
  if (bytes[0] === 0) {
    const reason =
      'The value begins with byte 0, as messages of a schema registry do (Avro, Protobuf): send JSON.';
    throw new NonRetryableError('not_json', reason);
  }
  try {
    return JSON.parse(utf8.decode(bytes)) as unknown;
  } catch (error) {
    // V8's text quotes the message, which may hold personal data.
    const [place = ''] = / at position \d+.*$/.exec(error instanceof Error ? error.message : '') ?? [];
    throw new NonRetryableError('not_json', `The value is not valid JSON${place}.`);
  }
}

function validated(attributes: Record<string, unknown>): CloudEvent {
  const error = schemaError(cloudEventSchema, attributes, 'event');
  if (error !== undefined) throw new NonRetryableError('not_a_cloud_event', error);
  return attributes as unknown as CloudEvent;
}

function binaryAttributes(headers: IHeaders | undefined): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const name of Object.keys(headers ?? {})) {
    const lower = name.toLowerCase();
    const text = lower.startsWith('ce_') ? headerText(headers, name) : undefined;
    if (text !== undefined) attributes[lower.slice(3)] = text;
  }
  return attributes;
}

/** The text of a header, ignoring the case of its name. */
export function headerText(headers: IHeaders | undefined, name: string): string | undefined {
  if (headers === undefined) return undefined;
  const key = name in headers ? name : Object.keys(headers).find((item) => item.toLowerCase() === name);
  const value = key === undefined ? undefined : headers[key];
  const one = Array.isArray(value) ? value[0] : value;
  // Kafka allows a header without a value.
  return one === undefined || one === null ? undefined : one.toString();
}
