import type { Case } from '../common/case.ts';
import { bytesOf, exchange, httpCase } from '../common/exchange.ts';

const turns = '/v1/sessions/{session}/turns';
const turn = '{"sender":"user","message_text":"hi"}';
const refused = '400 validation_failed';
const malformed = '400 malformed_json';

const body = (name: string, text: string | Buffer, expected: string, headers = {}): Case =>
  httpCase(`body: ${name}`, { method: 'POST', path: turns, body: text, headers }, expected);

const text = (value: string): string => `{"sender":"user","message_text":${value}}`;
const entities = (value: string): string =>
  `{"sender":"user","message_text":"hi","extracted_entities":${value}}`;

/** A body in the given chunks. */
const chunked = (
  name: string,
  chunks: readonly (string | Buffer)[],
  expected: string,
  pauseMs = 0,
): Case => ({
  name: `http: chunked body: ${name}`,
  expected,
  send: (target) => {
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const head = bytesOf({ method: 'POST', path: turns, headers }, target);
    return exchange(target, { pieces: [head, ...chunks], pauseMs });
  },
});

const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`;
const end = '0\r\n\r\n';

/** Bodies that are invalid on every route. */
export const bodyCases: readonly Case[] = [
  body('empty', '', malformed),
  body('spaces', '   ', malformed),
  body('half an object', '{"sender":', malformed),
  body('no JSON', 'sender=user', malformed),
  body('single quotes', "{'sender':'user'}", malformed),
  body('a comment', '{/* */"sender":"user","message_text":"hi"}', malformed),
  body('NaN', entities('{"a":NaN}'), malformed),
  body('Infinity', entities('{"a":Infinity}'), malformed),
  body('a number in hexadecimal', entities('{"a":0x10}'), malformed),
  body('a number with a leading zero', entities('{"a":010}'), malformed),
  body('a trailing comma', '{"sender":"user","message_text":"hi",}', malformed),
  body('two objects', `${turn}${turn}`, malformed),
  body('a byte order mark', `\uFEFF${turn}`, '201'),
  body('UTF-16', Buffer.from(turn, 'utf16le'), '400'),
  body('a control character in a text', text('"a\u0001b"'), malformed),
  body(
    'an unpaired byte of UTF-8',
    Buffer.from([...Buffer.from(text('"a')), 0xc3, ...Buffer.from('"}')]),
    '400',
  ),
  body(
    'an overlong byte sequence',
    Buffer.concat([Buffer.from(text('"a').slice(0, -1)), Buffer.from([0xc0, 0x80]), Buffer.from('"}')]),
    '400',
  ),
  body(
    'a surrogate in UTF-8',
    Buffer.concat([
      Buffer.from('{"sender":"user","message_text":"'),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from('"}'),
    ]),
    '400',
  ),
  body(
    'a duplicated key',
    '{"sender":"user","sender":"bot","message_text":"hi"}',
    '201|400 validation_failed',
  ),
  body('a number', '5', refused),
  body('a text', '"hi"', refused),
  body('true', 'true', refused),
  body('400 KB', text(JSON.stringify('x'.repeat(400_000))), '413 payload_too_large'),
  body('255 KB of spaces around it', `${' '.repeat(255_000)}${turn}`, '201'),
  body('a key of 130,000 characters', `{"${'k'.repeat(130_000)}":1}`, refused),
  body(
    '20,000 unknown keys',
    `{${Array.from({ length: 20_000 }, (_, n) => `"k${n}":1`).join(',')}}`,
    refused,
  ),
  body('100,000 nested lists', entities('['.repeat(100_000) + ']'.repeat(100_000)), '400'),
  body('30,000 nested objects', entities(`${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}`), '400'),
  body('a list of 100,000 numbers', entities(`[${Array(100_000).fill('1').join(',')}]`), refused),
  body(
    '20,000 lone surrogates',
    entities(`{${Array.from({ length: 10_000 }, (_, n) => `"k${n}":"\\ud800"`).join(',')}}`),
    refused,
  ),
  body('1e400', entities('{"a":1e400}'), refused),
  body('a whole number of 20 digits', entities('{"a":12345678901234567890}'), refused),
  body('a whole number of 100,000 digits', entities(`{"a":${'9'.repeat(100_000)}}`), refused),
  body(
    '10,000 inexact numbers',
    entities(`[${Array(10_000).fill('0.1234567890123456789').join(',')}]`),
    refused,
  ),
  body('-0', entities('{"a":-0}'), '201'),
  body('keys such as toString', entities('{"toString":1,"valueOf":2,"hasOwnProperty":3}'), '201'),
  body('a deep __proto__', entities('{"a":[{"__proto__":{"x":1}}]}'), refused),
  body('an escaped __proto__', entities('{"\\u005f_proto__":{"x":1}}'), refused),
  body('a deep constructor', entities('{"a":{"constructor":{"prototype":{"x":1}}}}'), refused),
  body('U+0000 in a key', entities('{"a\\u0000b":1}'), refused),
  body('every line break of Unicode', text('"\\r\\n\\u0085\\u2028\\u2029"'), '201'),
  body('right-to-left marks', text('"\\u202e\\u2066abc\\u2069"'), '201'),
  body('8,000 combining marks', text(JSON.stringify(`a${'\u0301'.repeat(7_999)}`)), '201'),
  body('SQL', text(`"'; DROP TABLE conversation_turn; --"`), '201'),
  body('markup', text('"<script>alert(1)</script>"'), '201'),
  body('a format string', text('"%s%n${jndi:ldap://x}{{7*7}}"'), '201'),
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'json',
    'application/json-patch+json',
    '',
    ',',
  ].map((type) =>
    body(`content type "${type}"`, turn, '415 unsupported_media_type', { 'content-type': type }),
  ),
  body('a charset that is not ours', turn, '201|415', { 'content-type': 'application/json; charset=utf-16' }),
  body('gzip', turn, '201|4xx', { 'content-encoding': 'gzip' }),
  body('a length that is too short', turn, '400', { 'content-length': '10' }),
  body('a negative length', turn, '400', { 'content-length': '-1' }),
  body('a length that is no number', turn, '400', { 'content-length': 'ten' }),
  body('a length of 2^64', turn, '4xx', { 'content-length': '18446744073709551616' }),
  body('a length of 10 GB', turn, '413 payload_too_large', { 'content-length': '10000000000' }),
  body('length and chunks at once', '0\r\n\r\n', '400', { 'transfer-encoding': 'chunked' }),
  chunked('one byte a chunk', [...[...turn].map(chunk), end], '201'),
  chunked('slow', [chunk(turn.slice(0, 9)), chunk(turn.slice(9, 20)), chunk(turn.slice(20)), end], '201', 50),
  chunked('a size that is no number', ['zz\r\nhi\r\n', end], '400'),
  chunked('a negative size', ['-5\r\nhi\r\n', end], '400'),
  chunked('a size of 2^64', ['ffffffffffffffff1\r\nhi\r\n', end], '4xx'),
  chunked('an extension of 100 KB', [`2;${'x'.repeat(100_000)}\r\nhi\r\n`, end], '4xx'),
  chunked('300 KB', [...Array(300).fill(chunk('x'.repeat(1_024))), end], '413 payload_too_large'),
  chunked('a trailer', [chunk(turn), '0\r\nx-evil: 1\r\n\r\n'], '201'),
];
