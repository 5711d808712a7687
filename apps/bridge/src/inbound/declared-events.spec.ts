import { describe, expect, test } from '@jest/globals';
import { loadDeclarations, parseDeclarations } from '#declarations';
import type { IncomingEvent } from './declared-events.ts';
import { DeclaredEvents } from './declared-events.ts';
import { readOrError } from './errors.ts';

const shipped = new DeclaredEvents(loadDeclarations({}));
const attributes = { specversion: '1.0', id: '1', source: '/orders', type: 'orders.order_updated.v1' };
const data = { order_id: 'ORD1', status: 'delivered' };
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

interface Sent {
  readonly topic?: string;
  readonly key?: string | null;
  readonly value: Buffer | null;
  readonly headers?: Record<string, string>;
}

function received({ topic = 'orders.events', key = null, ...message }: Sent) {
  const place = { partition: 0, offset: '0', timestamp: '0' };
  return { ...place, topic, key: key === null ? null : Buffer.from(key), ...message };
}

/** Reads an order event with these attributes. */
const read = (more: object): IncomingEvent =>
  shipped.read(received({ value: bytes({ ...attributes, data, ...more }) }));
const refusal = (events: DeclaredEvents, sent: Sent): unknown =>
  readOrError(() => events.read(received(sent)));

describe('a CloudEvent', () => {
  test('is resolved by the declaration of its type', () => {
    const time = '2026-11-28T18:30:00+05:30';
    const more = { time, data: { ...data, tracking_id: 'T1', partner_id: 'P1', note: 'private' } };
    expect(read({ subject: 'other', ...more })).toEqual({
      source_event_id: '/orders/1',
      system: 'orders',
      kind: 'order_updated',
      version: 1,
      known: true,
      subject: 'other',
      data: more.data,
      references: { order: 'ORD1', tracking: 'T1', partner: 'P1' },
      status: 'delivered',
      occurred_at_source: '2026-11-28T13:00:00.000Z',
      public_text: 'delivered',
    });
  });

  test('is the same in binary mode', () => {
    const headers = {
      ce_specversion: '1.0',
      ce_id: '1',
      ce_source: '/orders',
      ce_type: attributes.type,
      'content-type': 'application/json',
    };
    expect(shipped.read(received({ value: bytes(data), headers }))).toEqual(read({}));
  });

  test('without a time happened at no known time', () => {
    expect(read({}).occurred_at_source).toBeNull();
    expect(read({ time: null }).occurred_at_source).toBeNull();
  });

  test.each([
    ['2026-11-28T18:00:00.123456789Z', '2026-11-28T18:00:00.123Z'],
    ['2026-11-28t18:00:00z', '2026-11-28T18:00:00.000Z'],
    ['2026-12-31T23:59:60Z', '2026-12-31T23:59:59.000Z'],
  ])('of %s happened at %s', (time, expected) => {
    expect(read({ time }).occurred_at_source).toBe(expected);
  });

  test('takes references from its subject where the data has none', () => {
    const type = 'logistics.shipment_updated.v1';
    const value = bytes({ ...attributes, type, subject: 'S1', data: { tracking_id: 'T1', status: 'x' } });
    expect(shipped.read(received({ topic: 'logistics.events', value })).references).toEqual({
      tracking: 'T1',
    });
  });

  test('has no subject when the subject is longer than any id', () => {
    expect(read({ subject: 'x'.repeat(201) }).subject).toBeNull();
  });

  test('has no reference that no index can hold', () => {
    expect(read({ data: { ...data, order_id: 'ORD\0' } }).references).toEqual({});
  });

  test('of an unknown version of a known type keeps its data and is not resolved', () => {
    const strange = { type: 'orders.order_updated.v9', data: { order_id: 'ORD1', status: 7 } };
    expect(read(strange)).toMatchObject({
      kind: 'order_updated',
      version: 9,
      known: false,
      data: strange.data,
      references: { order: 'ORD1' },
      status: null,
      public_text: null,
    });
  });

  test.each([
    ['unknown_type', { type: 'orders.order_lost.v1' }],
    ['unknown_type', { type: 'payments.payout_updated.v1' }],
    ['unknown_type', { type: 'constructor' }],
    ['schema_broken', { data: { order_id: 'ORD1' } }],
    ['schema_broken', { data: { order_id: '', status: 'x' } }],
    ['schema_broken', { data: undefined }],
    ['schema_broken', { data: { ...data, note: 'x'.repeat(65_536) } }],
  ])('%s: %j', (code, more) => {
    const value = bytes({ ...attributes, data, ...more });
    expect(refusal(shipped, { value })).toMatchObject({ code });
  });
});

const deep = (levels: number): Sent => {
  const value = `{"meta":{"id":7},"gate":4,"note":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  return { topic: 'parking', value: Buffer.from(value), headers: { 'X-Type': 'arrived' } };
};

describe('plain JSON', () => {
  const events = new DeclaredEvents(
    parseDeclarations(
      `
version: 1
channels: [whatsapp]
topics:
  parking:
    system: depot
    format: json
    id: { pointer: /meta/id }
    type: { header: x-type }
    time: { pointer: /meta/at }
    types:
      arrived:
        kind: arrived
        schema: { type: object, required: [gate], properties: { gate: { type: integer } } }
        references: { partner: [/data/rider/id, /key] }
        status: { const: arrived }
        time: /time
        public_text: { pointer: /data/gate, otherwise: unknown }
      left: { kind: left, status: /data/by, time: /data/left_at }
`,
      'f',
    ),
  );
  const meta = { id: 7, at: 1_795_000_000_000 };
  const headers = { 'X-Type': 'arrived' };
  const sent = (value: object, more: Partial<Sent> = {}): Sent => ({
    topic: 'parking',
    value: bytes(value),
    headers,
    ...more,
  });

  test('has its id, type and time where the topic says', () => {
    const value = { meta, gate: 4, rider: { id: 15 } };
    expect(events.read(received(sent(value)))).toEqual({
      source_event_id: 'parking/7',
      system: 'depot',
      kind: 'arrived',
      version: 1,
      known: true,
      subject: null,
      data: value,
      references: { partner: '15' },
      status: 'arrived',
      occurred_at_source: '2026-11-18T11:06:40.000Z',
      public_text: '4',
    });
  });

  test('may name its partner by its key', () => {
    expect(events.read(received(sent({ meta, gate: 4 }, { key: 'P9' }))).references).toEqual({
      partner: 'P9',
    });
  });

  test('has no public text that its type does not declare', () => {
    const left = sent({ meta, by: 'van' }, { headers: { 'x-type': 'left' } });
    expect(events.read(received(left))).toMatchObject({ status: 'van', public_text: null });
  });

  test.each([
    ['not_json', 'The value begins with byte 0', { value: Buffer.from([0, 0, 0, 0, 1, 2]) }],
    ['not_json', 'The message has no value.', { value: null }],
    ['schema_broken', 'The message has no id at /meta/id.', sent({ gate: 4 })],
    ['schema_broken', 'no id', sent({ meta: { id: 'x'.repeat(501) }, gate: 4 })],
    [
      'unknown_type',
      'The message has no type in the header x-type.',
      sent({ meta, gate: 4 }, { headers: {} }),
    ],
    ['unknown_type', 'Type gone is not one of parking', sent({ meta }, { headers: { 'x-type': 'gone' } })],
    ['schema_broken', 'data/gate must be integer', sent({ meta, gate: 'a' })],
    ['schema_broken', 'is not a time', sent({ meta: { ...meta, at: 'noon' }, gate: 4 })],
    ...['2026-11-18', '2026-11-18T11:06:40'].map((left_at): [string, string, Sent] => [
      'schema_broken',
      'is not a time',
      sent({ meta, left_at }, { headers: { 'x-type': 'left' } }),
    ]),
    [
      'schema_broken',
      'status has more than 1000 characters',
      sent({ meta, by: 'x'.repeat(1_001) }, { headers: { 'x-type': 'left' } }),
    ],
    ['schema_broken', 'gate', sent({ meta, gate: 4 }, { value: Buffer.from('{"gate":9007199254740993}') })],
  ])('%s: %s', (code, message, more) => {
    expect(refusal(events, { topic: 'parking', ...more })).toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  test('is refused when it is deeper than the data of an event may be', () => {
    expect(events.read(received(deep(448)))).toMatchObject({ kind: 'arrived' });
    for (const levels of [449, 4_470])
      expect(refusal(events, deep(levels))).toMatchObject({
        code: 'schema_broken',
        message: expect.stringContaining('449 levels'),
      });
  });
});
