import type { Case, Target } from '../common/case.ts';
import { bytesOf, exchange, httpCase } from '../common/exchange.ts';

const context = '/v1/sessions/{session}/context';
const flag = '/v1/sessions/{session}/flags/vip';

/** Raw bytes that are not a regular request. */
const raw = (
  name: string,
  pieces: readonly (string | Buffer)[] | ((target: Target) => readonly (string | Buffer)[]),
  expected: string,
  more: { readonly answers?: number; readonly limitMs?: number; readonly pauseMs?: number } = {},
): Case => ({
  name: `http: raw: ${name}`,
  expected,
  send: (target) =>
    exchange(target, { pieces: typeof pieces === 'function' ? pieces(target) : pieces, ...more }),
});

const header = (name: string, headers: Readonly<Record<string, string>>, expected: string): Case =>
  httpCase(`header: ${name}`, { method: 'PUT', path: flag, body: '{"value":true}', headers }, expected);

const path = (name: string, at: string, expected: string): Case =>
  httpCase(`path: ${name}`, { path: at }, expected);

const method = (name: string, expected: string): Case =>
  httpCase(`method: ${name}`, { method: name, path: context }, expected);

/** Addresses, headers, methods and bytes that no regular client sends. */
export const requestCases: readonly Case[] = [
  ...[
    '/v1/../../etc/passwd',
    '/../../../etc/passwd',
    '/docs/../../../etc/passwd',
    '/docs/..%2f..%2fetc%2fpasswd',
    '/docs/%2e%2e/%2e%2e/etc/passwd',
    '/docs/....//....//etc/passwd',
    '/docs/..\\..\\etc\\passwd',
    '/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
    '/.env',
    '/.git/config',
    '/v1/sessions/..%2f..%2fhealth%2flive/context',
    '//v1/sessions',
    '/v1//sessions',
  ].map((at) => path(at, at, '4xx')),
  path('a lone percent', '/v1/sessions/%', '400'),
  path('a malformed escape', '/v1/sessions/%zz/context', '400'),
  path('an escape that is no UTF-8', '/v1/sessions/%ff/context', '400'),
  path('U+0000', '/v1/sessions/%00/context', '400'),
  path('no UUID', '/v1/sessions/x/context', '400 validation_failed'),
  path(
    'a UUID with a letter too many',
    '/v1/sessions/0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f101/context',
    '400 validation_failed',
  ),
  path('an unknown session', '/v1/sessions/0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10/context', '404 not_found'),
  path('a parameter of 300 characters', `/v1/sessions/${'a'.repeat(300)}/context`, '4xx'),
  path('a parameter of 10,000 characters', `/v1/sessions/${'a'.repeat(10_000)}/context`, '4xx'),
  path('20 KB', `/${'a'.repeat(20_000)}`, '431 headers_too_large'),
  path('a query of 20 KB', `/v1/sessions?partner_id=${'a'.repeat(20_000)}`, '431 headers_too_large'),
  path(
    'a query of 2,000 fields',
    `/v1/sessions?${Array(2_000).fill('a=1').join('&')}`,
    '400 validation_failed',
  ),
  path(
    'a query of 1,000 repeated fields',
    `/v1/sessions?${Array(1_000).fill('limit=1').join('&')}`,
    '400 validation_failed',
  ),
  path('a nested query', '/v1/sessions?limit[a][b]=1', '400 validation_failed'),
  path('a prototype in the query', '/v1/sessions?__proto__[x]=1', '400 validation_failed'),
  path('a constructor in the query', '/v1/sessions?constructor.prototype.x=1', '400 validation_failed'),
  path('an absolute address', 'http://example.com/v1/sessions', '4xx|200'),
  path('nothing', '*', '4xx'),
  ...['BREW', 'PROPFIND', 'TRACE', 'OPTIONS', 'LINK', 'GET\tx', 'get'].map((name) => method(name, '4xx')),
  httpCase('method: HEAD', { method: 'HEAD', path: context, headers: { connection: 'close' } }, '200'),
  method('DELETE', '405 method_not_allowed'),
  raw('CONNECT', ['CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n'], 'closed|4xx'),
  raw('no Host', ['GET /health/live HTTP/1.1\r\n\r\n'], '400'),
  raw('two Hosts', ['GET /v1/sessions HTTP/1.1\r\nhost: 127.0.0.1\r\nhost: example.com\r\n\r\n'], '400'),
  raw('HTTP/0.9', ['GET /v1/sessions\r\n\r\n'], '200|4xx'),
  raw('HTTP/3.0', ['GET /v1/sessions HTTP/3.0\r\nhost: x\r\n\r\n'], '4xx|505'),
  raw('HTTP/2 with prior knowledge', ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], 'closed|4xx'),
  raw('a ClientHello of TLS', [Buffer.from('16030100a5010000a10303', 'hex'), Buffer.alloc(160)], '400'),
  raw('SSH', ['SSH-2.0-OpenSSH_9.6\r\n'], '400'),
  raw('zeros', [Buffer.alloc(4_096)], '400'),
  raw('a request line without end', ['G'.repeat(20_000)], '4xx'),
  raw('a header without end', ['GET / HTTP/1.1\r\nx: ', ...Array(20).fill('x'.repeat(1_024))], '431'),
  raw('a space before the colon', ['GET / HTTP/1.1\r\nhost : x\r\n\r\n'], '400'),
  raw('a folded header', ['GET / HTTP/1.1\r\nhost: x\r\n y\r\n\r\n'], '400'),
  raw('a bare carriage return', ['GET / HTTP/1.1\r\nhost: x\rx-evil: 1\r\n\r\n'], '400'),
  raw('U+0000 in a header', ['GET / HTTP/1.1\r\nhost: x\r\nx: a\0b\r\n\r\n'], '400'),
  raw(
    '17 KB of headers',
    [`GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(17_000)}\r\n\r\n`],
    '431 headers_too_large',
  ),
  raw('3,000 headers', [`GET / HTTP/1.1\r\nhost: x\r\n${'a: 1\r\n'.repeat(3_000)}\r\n`], '4xx'),
  raw(
    'two lengths',
    ['POST /v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
    '400',
  ),
  raw(
    'two transfer encodings',
    ['POST /v1/sessions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    '4xx',
  ),
  raw('nothing at all', [], 'silence|closed', { limitMs: 300 }),
  raw('half a request', ['GET /health/live HTTP/1.1\r\nho'], 'silence|closed', { limitMs: 300 }),
  raw('one byte at a time', [...'GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'], '200', {
    pauseMs: 2,
  }),
  raw(
    '100 pipelined requests',
    (target) => Array(100).fill(bytesOf({ path: context }, target)),
    '100 x 200',
    { answers: 100 },
  ),
  raw(
    'a request after the last one',
    (target) => [
      bytesOf({ path: context, headers: { connection: 'close' } }, target),
      bytesOf({ path: context }, target),
    ],
    '200|400',
  ),
  raw(
    'a smuggled request in a body of GET',
    (target) => [bytesOf({ path: '/health/live', body: 'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n' }, target)],
    '200|4xx',
  ),
  header(
    'Upgrade: h2c',
    { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA' },
    '200',
  ),
  header('Upgrade: foo', { connection: 'Upgrade', upgrade: 'foo/2' }, '200'),
  header('Upgrade: TLS/1.0', { connection: 'Upgrade', upgrade: 'TLS/1.0' }, '200'),
  header('an unknown expectation', { expect: 'the unexpected' }, '4xx'),
  ...[
    { 'sec-websocket-key': 'AQIDBAUGBwgJCgsMDQ4PEA==', 'sec-websocket-version': '7' },
    { 'sec-websocket-key': '', 'sec-websocket-version': '13' },
    { 'sec-websocket-key': 'short', 'sec-websocket-version': '13' },
    { 'sec-websocket-key': 'x'.repeat(200), 'sec-websocket-version': '13' },
  ].map((headers, n) =>
    httpCase(
      `a wrong WebSocket handshake (${n})`,
      { path: '/v1/agents', headers: { connection: 'Upgrade', upgrade: 'websocket', ...headers } },
      '4xx',
    ),
  ),
  header('a foreign Host', { host: 'evil.example' }, '4xx'),
  header('a foreign Host with our port', { host: 'rebound.evil.example:3000' }, '4xx'),
  header('an empty Host', { host: '' }, '4xx'),
  header('a malformed Host', { host: 'a b/c@d' }, '4xx'),
  header('a foreign Origin', { origin: 'https://evil.example' }, '403'),
  header('the Origin null', { origin: 'null' }, '403'),
  header('a malformed Origin', { origin: ':::' }, '4xx'),
  httpCase(
    'header: a cross-site form post without a body',
    {
      method: 'POST',
      path: '/v1/sessions/0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10/end',
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'content-length': '0' },
    },
    '403|415',
  ),
  httpCase(
    'header: a cross-site form post as text',
    {
      method: 'POST',
      path: '/v1/sessions/0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10/end',
      body: '{}',
      headers: { origin: 'https://evil.example', 'content-type': 'text/plain' },
    },
    '403|415',
  ),
  ...['abc', '"x"', '""', '"-1"', '"1", "2"', '41', '"99999999999999999999"', `"${'1'.repeat(9_000)}"`].map(
    (value) => header(`If-Match ${value.slice(0, 24)}`, { 'if-match': value }, '400 malformed_precondition'),
  ),
  header(
    'If-Match of a revision that never was',
    { 'if-match': '"999999999"' },
    '412 wrong_expected_revision',
  ),
  ...[' ', 'a b', 'ключ', 'k'.repeat(300), 'k'.repeat(9_000)].map((value) =>
    header(
      `Idempotency-Key "${value.slice(0, 8)}" (${value.length})`,
      { 'idempotency-key': value },
      value === ' ' ? '200|400' : '400 validation_failed',
    ),
  ),
  ...['0', '-1', '1.5', 'x', '9'.repeat(20)].map((value) =>
    header(`Agent-Epoch ${value}`, { 'agent-epoch': value }, '400 validation_failed'),
  ),
  header('an epoch that nobody has', { 'agent-epoch': '7' }, '409 agent_replaced'),
  header('an Agent-Id of 129 characters', { 'agent-id': 'a'.repeat(129) }, '400 validation_failed'),
  header('a Correlation-Id with a space', { 'correlation-id': 'a b' }, '400 validation_failed'),
  header('a malformed traceparent', { traceparent: '00-xyz' }, '400 validation_failed'),
  header('a traceparent of 9,000 characters', { traceparent: '0'.repeat(9_000) }, '400 validation_failed'),
  header('1,000 cookies', { cookie: Array(1_000).fill('a=b').join('; ') }, '200'),
  header('every encoding', { 'accept-encoding': 'gzip, br, zstd, *;q=0' }, '200'),
  header('a method in a header', { 'x-http-method-override': 'DELETE' }, '200'),
  header(
    'a forwarded address',
    { 'x-forwarded-for': "127.0.0.1, ::1, ' OR 1=1", 'x-forwarded-host': 'evil' },
    '200',
  ),
];
