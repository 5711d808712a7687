import type { Case } from '../common/case.ts';
import { httpCase } from '../common/exchange.ts';

const refused = '400 validation_failed';
const get = (path: string, expected: string): Case =>
  httpCase(`GET ${path.slice(0, 90)}`, { path }, expected);

const limits = ['0', '-1', '1.5', '501x', '1e3', '0x10', 'NaN', '', '9'.repeat(30), '%00', '[]', 'null'];
const times = [
  'now',
  '2026-13-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '-1',
  '9'.repeat(40),
  "2026-01-01' OR '1'='1",
];
const cursors = [
  'x',
  'bnVsbA',
  'e30',
  'W10',
  '%00',
  'a'.repeat(1_001),
  Buffer.from('["a","b"]').toString('base64url'),
  Buffer.from('{"__proto__":1}').toString('base64url'),
];
const revisions = ['-1', 'x', '1.5', '9'.repeat(20), '1e99'];

/** Invalid queries. */
export const queryCases: readonly Case[] = [
  ...['sessions', 'turns'].flatMap((list) => [
    ...limits.map((limit) => get(`/v1/${list}?limit=${limit}`, refused)),
    get(`/v1/${list}?limit=1001`, refused),
    ...cursors.map((cursor) => get(`/v1/${list}?after=${cursor}`, '400')),
    get(`/v1/${list}?partner_id=${'p'.repeat(65)}`, refused),
    get(`/v1/${list}?partner_id=%00`, refused),
    get(`/v1/${list}?partner_id=%ed%a0%80`, '400|200'),
    get(`/v1/${list}?partner_id=%27%20OR%20%271%27%3D%271`, '200'),
    get(`/v1/${list}?surprise=1`, refused),
  ]),
  get('/v1/sessions?status=gone', refused),
  get('/v1/sessions?channel=fax', refused),
  get('/v1/turns?sender=nobody', refused),
  get('/v1/turns?session_id=x', refused),
  get(`/v1/turns?parsed_intent=${'i'.repeat(65)}`, refused),
  ...['from', 'to'].flatMap((field) =>
    times.map((time) => get(`/v1/turns?${field}=${encodeURIComponent(time)}`, refused)),
  ),
  get('/v1/turns?from=0000-01-01T00:00:00Z', '200|400 validation_failed'),
  get('/v1/turns?from=9999-12-31T23:59:59Z&to=0001-01-01T00:00:00Z', '200|400 validation_failed'),
  ...revisions.map((revision) => get(`/v1/sessions/{session}/events?from_revision=${revision}`, refused)),
  ...revisions.map((revision) => get(`/v1/sessions/{session}/context?min_revision=${revision}`, refused)),
  get('/v1/sessions/{session}/events?from_revision=999999999', '200'),
  get('/v1/sessions/{session}/context?min_revision=999999999', '412 wrong_expected_revision'),
  get('/v1/sessions/{session}/events?limit=1001', refused),
  get('/v1/sessions/{session}/context?explain=2', refused),
  get('/v1/sessions/{session}/context?explain=1&explain=1', refused),
  get('/v1/sessions/{session}/inquiries/x', refused),
  get('/v1/agents?limit=0', refused),
  get(`/v1/agents?pool=${'p'.repeat(65)}`, refused),
  get('/v1/agents?pool=%7B*%7D', refused),
  ...['-1', 'x', '1.5', '9'.repeat(30), '9'.repeat(9_000)].map((id) =>
    httpCase(
      `stream: Last-Event-ID ${id.slice(0, 20)}`,
      { path: '/v1/sessions/{session}/stream', headers: { 'last-event-id': id } },
      refused,
    ),
  ),
  get('/v1/sessions/{session}/stream?after=x', refused),
  get('/v1/sessions/0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10/stream', '404 not_found'),
  httpCase(
    'stream: a foreign Origin',
    { path: '/v1/sessions/{session}/stream', headers: { origin: 'https://evil.example' } },
    '403',
  ),
];
