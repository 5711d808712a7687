import type { Case } from '../common/case.ts';
import { field, numberField, storeCase } from '../common/store-call.ts';

const none = Buffer.alloc(0);
const start = field(2, none);
const text = field(2, none);
const count = numberField(5, 1_000n);
const uuid = field(9, text);
const invalid = 'INVALID_ARGUMENT';
/** The answer to a message that cannot be decoded. */
const undecodable = 'INTERNAL|INVALID_ARGUMENT|UNKNOWN';

/** ReadReq.Options of $all with a filter on stream names. */
const filtered = (expression: Buffer, isSubscription = false): Buffer =>
  field(
    1,
    Buffer.concat([
      field(2, start),
      isSubscription ? field(6, none) : count,
      field(7, Buffer.concat([field(1, expression), numberField(3, 32n), numberField(5, 1n)])),
      uuid,
    ]),
  );

const readStream = (name: string): Buffer =>
  field(
    1,
    Buffer.concat([
      field(1, Buffer.concat([field(1, field(3, name)), field(3, none)])),
      count,
      field(8, none),
      uuid,
    ]),
  );

const appendTo = (name: string | Buffer): Buffer =>
  field(1, Buffer.concat([field(1, field(3, name)), field(4, none)]));

const regex = (pattern: string, expected: string): Case =>
  storeCase(
    `the regular expression ${pattern.slice(0, 40)}`,
    { method: 'Read', request: filtered(field(1, pattern)) },
    expected,
  );

const prefixes = (number: number, length: number, expected: string): Case =>
  storeCase(
    `${number} prefixes of ${length} characters`,
    {
      method: 'Read',
      request: filtered(
        Buffer.concat(Array.from({ length: number }, (_, n) => field(2, String(n).padEnd(length, 'x')))),
      ),
    },
    expected,
  );

const metadata = (name: string, headers: Readonly<Record<string, string>>, expected: string): Case =>
  storeCase(
    `metadata: ${name}`,
    { method: 'Read', request: readStream('session-none'), metadata: headers },
    expected,
  );

/** Calls of the event store that no regular client makes. */
export const eventStoreCases: readonly Case[] = [
  ...['(a+)+$', '^(([a-z])+.)+[A-Z]([a-z])+$', '(a|aa)+$', '(.*a){20}', '(x+x+)+y', '^session-(.*)*$'].map(
    (pattern) => regex(pattern, 'OK'),
  ),
  ...['(a)\\1', '(?=a)b', '(?!a)b', '(?<=a)b', '(?<!a)b', '(', '[', 'a{2,1}', '*', 'a{100000}', '\\'].map(
    (pattern) => regex(pattern, 'INVALID_ARGUMENT|UNKNOWN'),
  ),
  regex('('.repeat(5_000) + ')'.repeat(5_000), 'INVALID_ARGUMENT|UNKNOWN|OK'),
  regex('a'.repeat(100_000), 'INVALID_ARGUMENT|UNKNOWN|OK'),
  prefixes(100, 10, 'OK'),
  prefixes(100_000, 10, 'INVALID_ARGUMENT|OK|RESOURCE_EXHAUSTED'),
  prefixes(1, 100_000, 'INVALID_ARGUMENT|OK'),
  storeCase(
    'an empty filter',
    { method: 'Read', request: field(1, Buffer.concat([field(2, start), count, field(7, none), uuid])) },
    invalid,
  ),
  storeCase(
    'a window of 0',
    {
      method: 'Read',
      request: field(
        1,
        Buffer.concat([
          field(2, start),
          count,
          field(7, Buffer.concat([field(1, field(2, 'a')), numberField(3, 0n)])),
          uuid,
        ]),
      ),
    },
    invalid,
  ),
  storeCase(
    'a count of 0',
    {
      method: 'Read',
      request: field(1, Buffer.concat([field(2, start), numberField(5, 0n), field(8, none), uuid])),
    },
    'INVALID_ARGUMENT|OK',
  ),
  storeCase(
    'a count of 2^64 - 1',
    {
      method: 'Read',
      request: field(
        1,
        Buffer.concat([field(2, start), numberField(5, 2n ** 64n - 1n), field(8, none), uuid]),
      ),
    },
    'OK|INVALID_ARGUMENT',
  ),
  storeCase('no options', { method: 'Read', request: none }, invalid),
  storeCase(
    'options without a stream',
    { method: 'Read', request: field(1, Buffer.concat([count, field(8, none), uuid])) },
    invalid,
  ),
  storeCase(
    'no form of ids',
    { method: 'Read', request: field(1, Buffer.concat([field(2, start), count, field(8, none)])) },
    invalid,
  ),
  storeCase('bytes that are no protobuf', { method: 'Read', request: Buffer.alloc(64, 255) }, undecodable),
  storeCase(
    'a length beyond the message',
    { method: 'Read', request: Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x7f]) },
    undecodable,
  ),
  storeCase('an endless varint', { method: 'Read', request: Buffer.alloc(1_000, 0x80) }, undecodable),
  storeCase(
    '10,000 nested messages',
    {
      method: 'Read',
      request: Array<number>(10_000)
        .fill(0)
        .reduce<Buffer>((inner) => (inner.length < 30_000 ? field(1, inner) : inner), none),
    },
    `${undecodable}|INVALID_ARGUMENT`,
  ),
  storeCase(
    'a message of 20 MB',
    { method: 'Read', request: field(1, Buffer.alloc(20_000_000)) },
    'RESOURCE_EXHAUSTED|INVALID_ARGUMENT|INTERNAL|UNKNOWN',
  ),
  ...['', 'x'.repeat(100_000), '\0', 'a\nb', '../../etc/passwd', '\u202e', '💥'.repeat(500)].map((name) =>
    storeCase(
      `a read of the stream ${JSON.stringify(name).slice(0, 24)}`,
      { method: 'Read', request: readStream(name) },
      'OK|INVALID_ARGUMENT|NOT_FOUND',
    ),
  ),
  storeCase(
    'a name that is no UTF-8',
    { method: 'Append', request: appendTo(Buffer.from([0xff, 0xfe])), requestStream: true },
    'OK|INVALID_ARGUMENT|INTERNAL|UNKNOWN',
  ),
  storeCase(
    'an append to $all',
    { method: 'Append', request: appendTo('$all'), requestStream: true },
    'OK|INVALID_ARGUMENT|PERMISSION_DENIED|UNKNOWN',
  ),
  storeCase(
    'an append to nothing',
    { method: 'Append', request: appendTo(''), requestStream: true },
    'INVALID_ARGUMENT|UNKNOWN|OK',
  ),
  storeCase(
    'an append without options',
    { method: 'Append', request: field(2, none), requestStream: true },
    'INVALID_ARGUMENT|UNKNOWN|INTERNAL',
  ),
  storeCase(
    'a batch without options',
    {
      method: 'BatchAppend',
      request: field(1, field(2, '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10')),
      requestStream: true,
    },
    'OK|INVALID_ARGUMENT',
  ),
  storeCase(
    'a batch of zeros',
    { method: 'BatchAppend', request: Buffer.alloc(1_000), requestStream: true },
    `OK|${undecodable}`,
  ),
  storeCase('an unknown method', { method: 'Destroy', request: none }, 'UNIMPLEMENTED'),
  storeCase(
    'an unknown service',
    { method: '/event_store.client.Surprise/Read', request: none },
    'UNIMPLEMENTED',
  ),
  storeCase(
    'a path that climbs',
    { method: '/../../etc/passwd', request: none },
    'UNIMPLEMENTED|UNKNOWN|INTERNAL',
  ),
  metadata('30 KB', { x: 'x'.repeat(30_000) }, 'OK|RESOURCE_EXHAUSTED|INTERNAL|UNAVAILABLE|NOT_FOUND'),
  metadata(
    '1,000 entries',
    Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`x-${n}`, 'y'])),
    'OK|RESOURCE_EXHAUSTED|INTERNAL|UNAVAILABLE',
  ),
  metadata('malformed credentials', { authorization: 'Basic !!!' }, 'OK|UNAUTHENTICATED|PERMISSION_DENIED'),
  metadata('a token that nobody gave', { authorization: 'Bearer x' }, 'OK|UNAUTHENTICATED|PERMISSION_DENIED'),
  metadata('a leader that is asked for', { 'requires-leader': 'maybe' }, 'OK'),
  metadata(
    'an encoding that does not exist',
    { 'grpc-accept-encoding': 'x'.repeat(1_000) },
    'OK|UNIMPLEMENTED|INTERNAL',
  ),
];
