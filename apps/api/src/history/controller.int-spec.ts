import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

/** A cursor of turns, forged by a caller. */
function cursorAt(time: string): string {
  return Buffer.from(JSON.stringify([time, randomUUID(), '1'])).toString('base64url');
}

const get = (path: string, headers?: Record<string, string>): Promise<Answer> =>
  app.call('GET', path, undefined, headers);

test('events come in pages, each with its metadata', async () => {
  const id = await app.start();
  const headers = { 'agent-id': 'bot-7', 'correlation-id': 'c-1', 'idempotency-key': 'k-1' };
  for (const flag of ['a', 'b', 'c'])
    await app.call('PUT', `/v1/sessions/${id}/flags/${flag}`, {}, { ...headers, 'idempotency-key': flag });
  const first = await get(`/v1/sessions/${id}/events?limit=2`);
  expect(first.body).toMatchObject({ events: [{ revision: 0 }, { revision: 1 }], next_revision: 2 });
  const second = await get(`/v1/sessions/${id}/events?from_revision=2&limit=10`);
  expect(second.body).toMatchObject({
    next_revision: null,
    events: [
      {
        type: 'FlagRaised',
        metadata: { actor: { id: 'bot-7' }, $correlationId: 'c-1', command_id: 'key:b' },
      },
      { data: { flag: 'c', value: true } },
    ],
  });
  expect((await get(`/v1/sessions/${id}/events?from_revision=9`)).body).toMatchObject({ events: [] });
});

/** The revisions of an answer's events; checks that the events fit into the bytes of a page. */
function revisionsOf({ body }: Answer): number[] {
  const events = body['events'] as { revision: number }[];
  expect(Buffer.byteLength(JSON.stringify(events))).toBeLessThanOrEqual(1_048_576);
  return events.map(({ revision }) => revision);
}

describe('a conversation of large events', () => {
  let id: string;
  /** The number of open calls for appends. */
  let held: number;
  const large = 12;
  beforeAll(async () => {
    id = await app.start();
    for (let n = 0; n < large; n += 1) {
      const body = {
        system: 'orders',
        kind: 'k',
        source_event_id: `e-${n}`,
        data: { text: 'x'.repeat(130_000) },
      };
      await app.call('POST', `/v1/sessions/${id}/external-updates`, body);
    }
    ({ held } = app.store.counts);
  });

  test('has pages limited in bytes that continue where they ended', async () => {
    const first = await get(`/v1/sessions/${id}/events?limit=1000`);
    expect(revisionsOf(first)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(first.body['next_revision']).toBe(9);
    const second = await get(`/v1/sessions/${id}/events?from_revision=9&limit=1000`);
    expect([revisionsOf(second), second.body['next_revision']]).toEqual([[9, 10, 11, 12], null]);
  });

  test('shows the first events in a conflict, and where they continue', async () => {
    const path = `/v1/sessions/${id}/flags/vip`;
    const conflict = await app.call('PUT', path, {}, { 'if-match': '"0"' });
    expect(conflict).toMatchObject({ status: 412, body: { current_revision: large, next_revision: 9 } });
    expect(revisionsOf(conflict)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const late = await app.call('PUT', path, {}, { 'if-match': '"11"' });
    expect(late).toMatchObject({ status: 412, body: { events: [{ revision: 12 }], next_revision: null } });
  });

  test('is read in parts that the client does not keep', async () => {
    expect(
      (await Array.fromAsync(app.store.read(`session-${id}`, { stepBytes: 200_000 }))).map(({ revision }) =>
        Number(revision),
      ),
    ).toEqual(Array.from({ length: large + 1 }, (_, n) => n));
    await waitUntil(() => app.store.counts.held === held, { what: 'all reads to end' });
  });
});

test.each([
  'events?limit=0',
  'events?limit=',
  'events?from_revision=-1',
  'events?from_revision=x',
  'events?from_revision=',
  'events?from_revision=0x10',
  'events?from_revision=100000000000000000000',
  'events?limit=1&limit=2',
  'stream?after=',
  'stream?after=100000000000000000000',
])('GET …/%s is refused', async (path) => {
  expect(await get(`/v1/sessions/${await app.start()}/${path}`)).toMatchObject({ status: 400 });
});

test('the refusal of a time says the expected format', async () => {
  const { body } = await get('/v1/turns?from=2026');
  expect(body).toMatchObject({
    errors: [{ field: 'from', message: expect.stringContaining('2026-01-05T09:30:00Z') }],
  });
});

test.each(['from=2026-01-01', 'from=2026-01-01T00:00:00.000Z', 'to=2026-01-01T00:00:00%2B05:30'])(
  'GET /v1/turns?%s is answered',
  async (query) => {
    expect(await get(`/v1/turns?${query}`)).toMatchObject({ status: 200 });
  },
);

test.each([
  ['sessions?after=garbage', 'invalid_cursor'],
  ['turns?after=W10', 'invalid_cursor'],
  ['sessions?after=', 'validation_failed'],
  ['sessions?partner_id=a&partner_id=b', 'validation_failed'],
  ['sessions?partner_id=%00', 'validation_failed'],
  ['turns?session_id=17', 'validation_failed'],
  ['turns?from=2026-02-30', 'validation_failed'],
  ['turns?from=2026', 'validation_failed'],
  ['turns?from=2026-W01', 'validation_failed'],
  ['turns?to=0000-01-01', 'validation_failed'],
  ['turns?from=2026-01-01T00:00:00-17:13', 'validation_failed'],
  [`turns?after=${cursorAt('2026-02-30T00:00:00.000Z')}`, 'invalid_cursor'],
  ['turns?limit=501', 'validation_failed'],
])('GET /v1/%s is refused with %s', async (path, code) => {
  expect(await get(`/v1/${path}`)).toMatchObject({
    status: 400,
    body: { type: `https://turnstream.dev/problems/${code}` },
  });
});
