import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { CompressionTypes, IHeaders } from 'kafkajs';
import kafkajs from 'kafkajs';

/** An event as its system should send it. */
export interface GoodEvent {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A message sent by mistake or on purpose. */
export interface HostileMessage {
  readonly key?: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: IHeaders;
  readonly compression?: CompressionTypes;
}

export interface HostileCase {
  readonly name: string;
  /** Whether it is only unusual, and has the effect of the event. */
  readonly isGood?: true;
  readonly make: (event: GoodEvent) => HostileMessage;
}

const megabyte = 1_048_576;
const { GZIP } = kafkajs.CompressionTypes;

/** The event with other attributes; undefined removes one. */
const attributes = (name: string, more: object): HostileCase => ({
  name,
  make: (event) => ({ value: JSON.stringify({ ...event, ...more }) }),
});
const data = (name: string, more: object): HostileCase => ({
  name,
  make: (event) => ({ value: JSON.stringify({ ...event, data: { ...event.data, ...more } }) }),
});
const bytes = (name: string, value: Buffer | string | null): HostileCase => ({
  name,
  make: () => ({ value }),
});
const headers = (name: string, more: IHeaders): HostileCase => ({
  name,
  make: () => ({ value: 'no JSON', headers: more }),
});
/** In binary mode, with other headers. */
const binary = (name: string, more: IHeaders, value?: Buffer | string | null): HostileCase => ({
  name,
  make: ({ specversion, id, source, type, data }) => ({
    value: value === undefined ? JSON.stringify(data) : value,
    headers: { ce_specversion: specversion, ce_id: id, ce_source: source, ce_type: type, ...more },
  }),
});
const good = (one: HostileCase): HostileCase => ({ ...one, isGood: true });

const many = (count: number, name: (n: number) => string): IHeaders =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [name(n), 'x']));
const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const withText = (name: string, found: RegExp, replaced: string): HostileCase => ({
  name,
  make: (event) => ({ value: JSON.stringify(event).replace(found, replaced) }),
});

const structure: readonly HostileCase[] = [
  bytes('no value', null),
  bytes('an empty value', ''),
  bytes('null', 'null'),
  bytes('a number', '42'),
  bytes('a text', '"text"'),
  bytes('a list', '[]'),
  bytes('an empty object', '{}'),
  bytes('XML', '<order/>'),
  bytes('a list 100,000 deep', deep(100_000)),
  bytes('an object 50,000 deep', '{"a":'.repeat(50_000)),
  withText('text after the end', /$/, '}'),
  withText('an end that is missing', /}$/, ''),
  withText('NaN', /"data":/, '"nan":NaN,"data":'),
  withText('data 30,000 deep', /"data":{/, `"data":{"list":${deep(30_000)},`),
  withText('a million spaces', /^/, ' '.repeat(900_000) + 'x'),
  attributes('no data', { data: undefined }),
  attributes('data null', { data: null }),
  attributes('a list as data', { data: [1] }),
  attributes('a text as data', { data: 'delivered' }),
  attributes('data_base64 that is no JSON', { data: undefined, data_base64: 'AAAA' }),
  attributes('data_base64 that is a number', { data: undefined, data_base64: 7 }),
];

const idsAndTimes: readonly HostileCase[] = [
  attributes('no id', { id: undefined }),
  attributes('an empty id', { id: '' }),
  attributes('a number as id', { id: 7 }),
  attributes('an id of 501 characters', { id: 'x'.repeat(501) }),
  attributes('an object as id', { id: { toString: 'x' } }),
  attributes('no source', { source: undefined }),
  attributes('an empty source', { source: '' }),
  attributes('a source of 100,000 characters', { source: '/'.repeat(100_000) }),
  attributes('no type', { type: undefined }),
  attributes('an unknown type', { type: 'orders.order_exploded.v1' }),
  attributes('a type of nobody', { type: 'constructor.prototype.v1' }),
  attributes('a type without version', { type: 'orders.order_updated' }),
  attributes('version 0', { type: 'orders.order_updated.v0' }),
  attributes('version 0.3 of CloudEvents', { specversion: '0.3' }),
  attributes('a number as specversion', { specversion: 1 }),
  attributes('a time in words', { time: 'yesterday' }),
  attributes('a month 13', { time: '2026-13-01T00:00:00Z' }),
  attributes('a number as time', { time: 1_700_000_000 }),
  attributes('a number as subject', { subject: 7 }),
];

const contents: readonly HostileCase[] = [
  data('numbers as ids', { order_id: 7, tracking_id: 7, payout_id: 7, partner_id: 7 }),
  data('empty ids', { order_id: '', tracking_id: '', payout_id: '', partner_id: '' }),
  data('long ids', {
    order_id: 'x'.repeat(201),
    tracking_id: 'x'.repeat(201),
    payout_id: 'x'.repeat(201),
    partner_id: 'x'.repeat(201),
  }),
  data('a long status', { status: 'x'.repeat(1_001), step: 'x'.repeat(1_001) }),
  data('an object as status', { status: {}, step: {} }),
  data('70,000 characters beside', { note: 'x'.repeat(70_000) }),
  data('20,000 fields beside', Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`f${n}`, n]))),
  withText('a number that would change', /"data":{/, '"data":{"amount":12345678901234567890,'),
  withText('a number without end', /"data":{/, '"data":{"amount":1e400,'),
];

const encodings: readonly HostileCase[] = [
  bytes('bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])),
  { name: 'UTF-16', make: (event) => ({ value: Buffer.from(JSON.stringify(event), 'utf16le') }) },
  { name: 'packed by the sender itself', make: (event) => ({ value: gzipSync(JSON.stringify(event)) }) },
  bytes('random bytes', randomBytes(1_000)),
  bytes('a megabyte of random bytes', randomBytes(1_000_000)),
  bytes('only NUL', Buffer.alloc(1_000)),
];

const headersAndKeys: readonly HostileCase[] = [
  headers(
    '20,000 small headers',
    many(20_000, (n) => `h${n}`),
  ),
  headers('a header of 500 KB', { large: 'x'.repeat(500_000) }),
  headers('a header without a name', { '': 'x' }),
  headers('a header 2,000 times', { again: Array.from({ length: 2_000 }, () => 'x') }),
  headers('names of objects', { constructor: 'x', toString: 'x', hasOwnProperty: 'x' }),
  headers('headers of a dead letter', { dead_letter_topic: 'other', dead_letter_offset: '7' }),
  binary(
    '5,000 attributes and no JSON',
    many(5_000, (n) => `ce_x${n}`),
    'no JSON',
  ),
  binary('no JSON in binary mode', {}, 'no JSON'),
  binary('no value in binary mode', {}, null),
  binary('another version in binary mode', { ce_specversion: '9' }),
  binary('an empty id in binary mode', { ce_id: '' }),
  {
    name: 'Avro',
    make: () => ({ value: 'x', headers: { 'content-type': 'application/cloudevents+avro' } }),
  },
  { name: 'a key of 900 KB', make: () => ({ key: Buffer.alloc(900_000, 'k'), value: 'no JSON' }) },
  { name: 'a key of random bytes', make: () => ({ key: randomBytes(5_000), value: 'no JSON' }) },
];

const codecs: readonly HostileCase[] = [
  { name: 'a bomb', make: () => ({ value: Buffer.alloc(33 * megabyte), compression: GZIP }) },
  {
    name: 'a bomb of headers',
    make: () => ({ value: 'x', headers: { large: Buffer.alloc(33 * megabyte) }, compression: GZIP }),
  },
  { name: 'no JSON, packed', make: () => ({ value: 'x'.repeat(megabyte), compression: GZIP }) },
];

const odd: readonly HostileCase[] = [
  good(
    binary(
      '15,000 headers',
      many(15_000, (n) => `h${n}`),
    ),
  ),
  good({
    ...attributes('a key of 500 KB', {}),
    make: (event) => ({ key: Buffer.alloc(500_000, 'k'), value: JSON.stringify(event) }),
  }),
  good({ name: 'packed well', make: (event) => ({ value: JSON.stringify(event), compression: GZIP }) }),
  good(
    attributes(
      'a hundred extensions',
      many(100, (n) => `x${n}`),
    ),
  ),
  good(attributes('a time of long ago', { time: '0001-01-01T00:00:00Z' })),
  good(data('names of objects as fields', { toString: 'x', constructor: 'x' })),
];

/** Hostile messages for any topic of events, and unusual valid ones. */
export const corpus: readonly HostileCase[] = [
  ...structure,
  ...idsAndTimes,
  ...contents,
  ...encodings,
  ...headersAndKeys,
  ...codecs,
  ...odd,
];
