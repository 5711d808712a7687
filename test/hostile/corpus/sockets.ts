import type { Case } from '../common/case.ts';
import type { Message } from '../common/socket.ts';
import { bytesCase, frame, halfOpenCase, socketCase } from '../common/socket.ts';

const badFrame = '4400';
const hello = { type: 'hello', instance: 'hostile', pool: 'hostile', capacity: 10 };
/** A hello of a unique instance: a second one would supersede the first. */
const helloOf = (name: string): object => ({ ...hello, instance: name.replaceAll(/[^a-z0-9]/gi, '-') });
const id = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';
const [text, binary, close, ping, pong] = [1, 2, 8, 9, 10];

const first = (what: string, message: Message): Case => socketCase(what, [message], badFrame);
const helloWith = (what: string, members: object): Case =>
  socketCase(`hello with ${what}`, [{ ...hello, ...members }], badFrame);
const after = (what: string, message: Message, expected: string = badFrame): Case =>
  socketCase(`after the hello: ${what}`, [helloOf(what), message], expected);

/** Frames that break every rule of the agents' protocol, and bytes that break the WebSocket protocol. */
export const socketCases: readonly Case[] = [
  ...[
    '',
    ' ',
    'null',
    '[]',
    '5',
    '"hello"',
    '{',
    '{}',
    '{"type":null}',
    '{"type":"constructor"}',
    '{"type":"__proto__"}',
    '{"type":["hello"]}',
    '{"type":"HELLO"}',
    '\0',
    '{"type":"hello"}',
  ].map((message) => first(`the text ${JSON.stringify(message)}`, message)),
  first('binary', Buffer.from(JSON.stringify(hello))),
  first('100,000 nested lists', '['.repeat(100_000)),
  first('30,000 nested objects', `${'{"type":'.repeat(30_000)}1${'}'.repeat(30_000)}`),
  first('a type of 500 KB', { type: 'x'.repeat(500_000) }),
  ...['heartbeat', 'drain', 'attach', 'detach', 'ack'].map((type) =>
    first(`${type} before the hello`, { type, session_id: id, revision: 1 }),
  ),
  socketCase('a frame of 2 MB', ['x'.repeat(2_000_000)], '1009'),
  ...[null, 5, '', ' ', 'a b', 'x'.repeat(129), 'ü', '\0', [], {}, '\u202e'].map((instance) =>
    helloWith(`the instance ${JSON.stringify(instance).slice(0, 20)}`, { instance }),
  ),
  ...[null, 5, '', '-x', '../x', 'a:b', 'x'.repeat(65), '{*}', []].map((pool) =>
    helloWith(`the pool ${JSON.stringify(pool).slice(0, 20)}`, { pool }),
  ),
  ...[null, 0, -1, 1.5, '10', 10_001, 1e300, []].map((capacity) =>
    helloWith(`the capacity ${JSON.stringify(capacity)}`, { capacity }),
  ),
  ...[-1, 1.5, 'x', 2 ** 53, {}].map((attempt) =>
    helloWith(`the attempt ${JSON.stringify(attempt)}`, { attempt }),
  ),
  ...[
    5,
    'x',
    {},
    [5],
    [{}],
    [{ session_id: 'x', epoch: 1 }],
    [{ session_id: id, epoch: 0 }],
    [{ session_id: id, epoch: 1, after: -2 }],
    Array.from({ length: 10_001 }, () => ({ session_id: id, epoch: 1 })),
  ].map((resume, n) => helloWith(`a wrong resume (${n})`, { resume })),
  socketCase('two hellos', [hello, hello], badFrame),
  after('an unknown type', { type: 'surprise' }),
  after('attach without a session', { type: 'attach' }),
  after('attach with a number', { type: 'attach', session_id: 5 }),
  after('attach of no UUID', { type: 'attach', session_id: '../../etc' }),
  after('attach after -2', { type: 'attach', session_id: id, after: -2 }),
  after('attach after 2^60', { type: 'attach', session_id: id, after: 2 ** 60 }),
  after('attach of an unknown session', { type: 'attach', session_id: id }, 'not_found'),
  after(
    'detach of a session that it does not own',
    { type: 'detach', session_id: id },
    'open|not_found|command_not_allowed|agent_replaced',
  ),
  after(
    'an acknowledgement of a session that it does not own',
    { type: 'ack', session_id: id, revision: 5 },
    'open',
  ),
  after('an acknowledgement of revision -1', { type: 'ack', session_id: id, revision: -1 }),
  after('an acknowledgement of 1e300', { type: 'ack', session_id: id, revision: 1e300 }),
  after('an acknowledgement skipped as a text', { type: 'ack', session_id: id, revision: 1, skipped: 'x' }),
  after('an acknowledgement skipped for a long reason', {
    type: 'ack',
    session_id: id,
    revision: 1,
    skipped: { reason: 'x'.repeat(65) },
  }),
  socketCase(
    '30,000 frames at once',
    [
      helloOf('30,000 frames at once'),
      ...Array<Message>(30_000).fill(JSON.stringify({ type: 'attach', session_id: id })),
    ],
    '1013|4413|4429|not_found',
    { quietMs: 4_000 },
  ),
  socketCase(
    '20,000 heartbeats at once',
    [helloOf('20,000 heartbeats at once'), ...Array<Message>(20_000).fill('{"type":"heartbeat"}')],
    'open|1013|4413|4429',
    { quietMs: 2_000 },
  ),
  socketCase('a foreign Origin', [helloOf('a foreign Origin')], '403', { origin: 'https://evil.example' }),
  socketCase('the Origin null', [helloOf('the Origin null')], '403', { origin: 'null' }),
  socketCase('a foreign Host', [helloOf('a foreign Host')], '4xx', { headers: { host: 'evil.example' } }),
  socketCase('an unknown subprotocol', [helloOf('an unknown subprotocol')], 'open|4xx|1006', {
    headers: { 'sec-websocket-protocol': 'x'.repeat(200) },
  }),
  bytesCase(
    'an unmasked frame',
    [frame({ opcode: text, masked: false, payload: Buffer.from('{}') })],
    '1002',
  ),
  ...[3, 4, 5, 6, 7, 11, 15].map((opcode) => bytesCase(`opcode ${opcode}`, [frame({ opcode })], '1002')),
  ...[1, 2, 4].map((reserved) =>
    bytesCase(`reserved bit ${reserved}`, [frame({ opcode: text, reserved })], '1002'),
  ),
  bytesCase('a continuation of nothing', [frame({ opcode: 0 })], '1002'),
  bytesCase(
    'a text in a fragmented text',
    [frame({ opcode: text, final: false }), frame({ opcode: text })],
    '1002',
  ),
  bytesCase('a fragmented ping', [frame({ opcode: ping, final: false })], '1002'),
  bytesCase('a ping of 126 bytes', [frame({ opcode: ping, payload: Buffer.alloc(126) })], '1002'),
  bytesCase('malformed UTF-8', [frame({ opcode: text, payload: Buffer.from([0xc3, 0x28]) })], '1007'),
  bytesCase('a length of 2^62', [frame({ opcode: text, length: 2n ** 62n })], '1009|1002'),
  bytesCase('a length of 2^63', [frame({ opcode: text, length: 2n ** 63n })], '1009|1002'),
  bytesCase(
    'a length of 4 GB, of which nothing comes',
    [frame({ opcode: binary, length: 2n ** 32n })],
    '1009',
  ),
  bytesCase(
    '100,000 empty fragments',
    [
      frame({ opcode: text, final: false }),
      Buffer.concat(Array<Buffer>(100_000).fill(frame({ opcode: 0, final: false }))),
    ],
    'open|1008|1009',
  ),
  bytesCase(
    '2 MB in fragments',
    [
      frame({ opcode: text, final: false }),
      Buffer.concat(
        Array<Buffer>(2_000).fill(frame({ opcode: 0, final: false, payload: Buffer.alloc(1_024, 'x') })),
      ),
    ],
    '1009|1008',
  ),
  bytesCase(
    '10,000 pings',
    [Buffer.concat(Array<Buffer>(10_000).fill(frame({ opcode: ping, payload: Buffer.from('x') })))],
    'open|1006|1008',
  ),
  bytesCase(
    '10,000 pongs that nobody asked for',
    [Buffer.concat(Array<Buffer>(10_000).fill(frame({ opcode: pong })))],
    'open',
  ),
  ...[0, 999, 1004, 1005, 1006, 1015, 2999].map((code) =>
    bytesCase(
      `the close code ${code}`,
      [frame({ opcode: close, payload: Buffer.from([code >> 8, code & 255]) })],
      '1002',
    ),
  ),
  bytesCase('a close of one byte', [frame({ opcode: close, payload: Buffer.from([3]) })], '1002'),
  bytesCase('an HTTP request', [Buffer.from('GET /v1/sessions HTTP/1.1\r\nhost: x\r\n\r\n')], '1002|1006'),
  bytesCase('4 KB of 0xff', [Buffer.alloc(4_096, 255)], '1002'),
  halfOpenCase(50),
];
