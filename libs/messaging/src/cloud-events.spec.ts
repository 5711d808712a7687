import { describe, expect, test } from '@jest/globals';
import { readCloudEvent, writeCloudEvent } from './cloud-events.ts';
import { NonRetryableError } from './errors.ts';
import { readReply } from './incoming.ts';

const attributes = {
  specversion: '1.0',
  id: '1',
  source: '/orders',
  type: 'orders.order_updated.v1',
} as const;
const data = { order_id: 'ORD1', status: 'delivered' };
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Why reading is refused. */
function reason(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (error) {
    return error instanceof NonRetryableError ? error.code : String(error);
  }
}

describe('a CloudEvent', () => {
  test('is the same in structured and in binary mode', () => {
    const headers = {
      ce_specversion: '1.0',
      ce_id: Buffer.from('1'),
      ce_source: '/orders',
      CE_Type: attributes.type,
      'content-type': 'application/json',
    };
    const { datacontenttype, ...binary } = readCloudEvent({ value: bytes(data), headers });
    expect(datacontenttype).toBe('application/json');
    expect(binary).toEqual(readCloudEvent({ value: bytes({ ...attributes, data }) }));
  });

  test('survives writing and reading unchanged', () => {
    const { key, value, headers } = writeCloudEvent({ ...attributes, data }, 'ORD1');
    expect(key).toBe('ORD1');
    expect(readCloudEvent({ value: Buffer.from(value), headers })).toEqual({ ...attributes, data });
  });

  test('may have headers without a value', () => {
    const headers = { ce_specversion: '1.0', ce_id: null, other: null } as unknown as Record<string, string>;
    expect(reason(() => readCloudEvent({ value: bytes(data), headers }))).toBe('not_a_cloud_event');
  });

  test('may carry its data in base64', () => {
    const data_base64 = bytes(data).toString('base64');
    expect(readCloudEvent({ value: bytes({ ...attributes, data_base64 }) }).data).toEqual(data);
  });

  test.each([
    ['not_json', null],
    ['not_json', Buffer.from('{"id":')],
    ['not_json', Buffer.from([0xff, 0xfe])],
    ['not_json', Buffer.from([0, 0, 0, 0, 7, 2])],
    ['not_a_cloud_event', bytes([attributes])],
    ['not_a_cloud_event', bytes({ ...attributes, specversion: '0.3' })],
    ['not_a_cloud_event', bytes({ ...attributes, id: '' })],
    ['not_a_cloud_event', bytes({ ...attributes, source: 7 })],
    ['not_a_cloud_event', bytes({ ...attributes, id: 'x'.repeat(501) })],
    ['not_a_cloud_event', bytes({ ...attributes, source: `/${'x'.repeat(500)}` })],
    ['not_a_cloud_event', bytes({ ...attributes, time: 'yesterday' })],
    ['not_a_cloud_event', bytes({ ...attributes, time: '2026-11-28 18:00:00Z' })],
    ['not_a_cloud_event', bytes({ ...attributes, subject: 7 })],
  ])('%s: %s', (expected, value) => {
    expect(reason(() => readCloudEvent({ value }))).toBe(expected);
  });

  test('is refused with the name of a wrong attribute', () => {
    expect(() => readCloudEvent({ value: bytes({ ...attributes, id: '' }) })).toThrow(
      'event/id must NOT have fewer than 1 characters',
    );
  });

  test('of a schema registry is refused with a clear text', () => {
    expect(() => readCloudEvent({ value: Buffer.from([0, 0, 0, 0, 7, 2]) })).toThrow(
      'The value begins with byte 0, as messages of a schema registry do (Avro, Protobuf): send JSON.',
    );
  });

  test('may have attributes that are null', () => {
    const value = bytes({ ...attributes, time: null, subject: null });
    expect(readCloudEvent({ value })).toMatchObject({ time: null, subject: null });
  });

  test('in batched mode is refused', () => {
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    expect(reason(() => readCloudEvent({ value: bytes([attributes]), headers }))).toBe('not_a_cloud_event');
  });
});

describe('a reply', () => {
  const id = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';
  const base = { inquiry_id: id, session_id: id, source: 'orders', attempt: 1 };
  const read = (reply: object): ReturnType<typeof readReply> =>
    readReply({ value: bytes({ ...attributes, type: 'inquiry.replied.v1', data: { ...base, ...reply } }) });

  test('is an answer, or gives the reason of a failure', () => {
    expect(read({ status: 'ok', data })).toEqual({
      ...base,
      status: 'ok',
      data,
      reply_id: '/orders/1',
      origin: {},
    });
    expect(read({ status: 'failed', reason: 'down' })).toMatchObject({ reason: 'down' });
  });

  test('includes its time and its trace context', () => {
    const source_traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const more = { time: '2026-11-24T09:00:00.5+01:00', traceparent: source_traceparent };
    const event = {
      ...attributes,
      ...more,
      type: 'inquiry.replied.v1',
      data: { ...base, status: 'ok', data },
    };
    const { origin } = readReply({ value: bytes(event) });
    expect(origin).toEqual({ occurred_at_source: '2026-11-24T08:00:00.500Z', source_traceparent });
    expect(readReply({ value: bytes({ ...event, time: null, traceparent: 'x' }) }).origin).toEqual({});
  });

  test.each([
    { status: 'ok' },
    { status: 'failed' },
    { status: 'maybe', data },
    { status: 'ok', data, attempt: 0 },
  ])('is refused: %j', (reply) => {
    expect(reason(() => read(reply))).toBe('schema_broken');
  });
});
