import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { RawEvent } from '#sessions';
import { accessStream, readHistory } from '#sessions';
import { DevelopmentIssuer } from '#privacy';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
const ndjson = 'application/x-ndjson';
const sse = 'text/event-stream';
const secret = `Asha-${randomUUID()}`;
const subject = `auditor-${randomUUID()}`;
let issuer: DevelopmentIssuer;
let app: TestApp;
let id: string;
/** Flags after the start: more events than one read returns. */
const flags = 300;

beforeAll(async () => {
  issuer = await DevelopmentIssuer.in(dir);
  app = await startTestApp({ issuer });
  const bearer = await issuer.token({ role: 'service', sub: 'spec' });
  const headers = { authorization: `Bearer ${bearer}` };
  const start = { partner_id: `P-${randomUUID()}`, channel: 'whatsapp', language: 'hi', name: secret };
  id = String((await app.call('POST', '/v1/sessions', start, headers)).body['session_id']);
  for (let from = 0; from < flags; from += 50) {
    const commands = Array.from({ length: 50 }, (_, index) => ({
      type: 'RaiseFlag',
      flag: `f_${(from + index) % 60}`,
      value: from + index,
    }));
    const answer = await app.call('POST', `/v1/sessions/${id}/commands`, { commands }, headers);
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  }
});
afterAll(async () => {
  await app.close();
  rmSync(dir, { recursive: true });
});

interface Opened {
  readonly response: Response;
  readonly abort: AbortController;
}

async function open(
  query: string,
  accept: string,
  headers: Record<string, string> = {},
  role: 'analyst' | 'service' | 'auditor' = 'analyst',
): Promise<Opened> {
  const abort = new AbortController();
  const authorization = `Bearer ${await issuer.token({ role, sub: role === 'auditor' ? subject : 'spec' })}`;
  const response = await fetch(`${app.url}/v1/sessions/${id}/events${query}`, {
    headers: { accept, authorization, ...headers },
    signal: abort.signal,
  });
  return { response, abort };
}

async function lines(query: string, role?: 'analyst' | 'service'): Promise<RawEvent[]> {
  const { response } = await open(query, ndjson, {}, role);
  expect(response.headers.get('content-type')).toContain(ndjson);
  const text = await response.text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RawEvent);
}

/** The ids and the names of the events of a stream that ends. */
async function blocks(query: string, headers?: Record<string, string>): Promise<string[]> {
  const { response } = await open(query, sse, headers);
  const text = await response.text();
  return [...text.matchAll(/^id: (\d+)$|^event: end$/gm)].map(([all, revision]) => revision ?? all);
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => (from < to ? from + index : from - index));

describe('as lines of JSON', () => {
  test('all events are sent, in both directions', async () => {
    expect((await lines('')).map(({ revision }) => revision)).toEqual(numbers(0, flags));
    const backwards = await lines('?direction=backwards');
    expect(backwards.map(({ revision }) => revision)).toEqual(numbers(flags, 0));
  });

  test('the events are those of the pages', async () => {
    const authorization = `Bearer ${await issuer.token({ role: 'analyst', sub: 'spec' })}`;
    const page = await app.call('GET', `/v1/sessions/${id}/events?limit=20`, undefined, { authorization });
    expect(await lines('?limit=20')).toEqual(page.body['events']);
  });

  test('only the requested types and revisions are sent', async () => {
    expect(await lines('?type=SessionStarted,GoalSet')).toMatchObject([
      { type: 'SessionStarted', revision: 0 },
    ]);
    expect((await lines('?from_revision=7&to_revision=9')).map(({ revision }) => revision)).toEqual([
      7, 8, 9,
    ]);
  });

  test('an analyst sees no personal data, a service does', async () => {
    expect(await lines('?limit=1')).toMatchObject([{ data: { name: '[masked]' } }]);
    expect(await lines('?limit=1', 'service')).toMatchObject([{ data: { name: secret } }]);
  });

  test('the read of an auditor is recorded before the first line', async () => {
    const { response } = await open('', ndjson, { 'access-purpose': 'complaint:4711' }, 'auditor');
    const records = await Array.fromAsync(app.store.read(accessStream(new Date())));
    const mine = records.filter(({ data }) => JSON.stringify(data).includes(subject));
    expect(mine.map(({ data }) => data)).toMatchObject([{ action: 'read_events', session_ids: [id] }]);
    expect(await response.text()).toContain(secret);
  });

  test('reading stops when the reader disconnects', async () => {
    const { held } = app.store.counts;
    const { response, abort } = await open('', ndjson);
    await response.body?.getReader().read();
    abort.abort();
    await waitUntil(() => app.store.counts.held <= held, { what: 'the end of all reads' });
    expect(app.store.counts.held).toBeLessThanOrEqual(held);
  });
});

describe('as Server-Sent Events', () => {
  test('each event has its revision as id, and an end event follows', async () => {
    expect(await blocks('?limit=3')).toEqual(['0', '1', '2', 'event: end']);
  });

  test('the stream resumes after Last-Event-ID, in its direction', async () => {
    const last = { 'last-event-id': '5' };
    expect(await blocks('?to_revision=7', last)).toEqual(['6', '7', 'event: end']);
    expect(await blocks('?direction=backwards&to_revision=3', last)).toEqual(['4', '3', 'event: end']);
    expect(await blocks('?direction=backwards', { 'last-event-id': '0' })).toEqual(['event: end']);
  });

  test('any speed sends the same events', async () => {
    expect(await blocks('?limit=5&speed=100000')).toEqual(['0', '1', '2', '3', '4', 'event: end']);
  });

  test('with follow the stream continues with new events', async () => {
    const { response, abort } = await open(
      `?follow=1&from_revision=${flags}&type=FlagRaised,FlagCleared`,
      sse,
    );
    let text = '';
    const reading = (async () => {
      for await (const part of (response.body as ReadableStream<Uint8Array>).pipeThrough(
        new TextDecoderStream(),
      ))
        text += part;
    })().catch(() => undefined);
    await waitUntil(() => text.includes(`id: ${flags}\n`), { what: 'the last event' });
    const authorization = `Bearer ${await issuer.token({ role: 'service', sub: 'spec' })}`;
    await app.call('DELETE', `/v1/sessions/${id}/flags/f_1`, undefined, { authorization });
    await waitUntil(() => text.includes('event: FlagCleared'), { what: 'the new event' });
    abort.abort();
    await reading;
    expect(text).not.toContain('event: end');
  });
});

test.each([
  ['?speed=10', ndjson],
  ['?follow=1', 'application/json'],
  ['?follow=1&direction=backwards', sse],
  ['?follow=1&to_revision=3', sse],
  ['?speed=fast', sse],
  ['?speed=-1', sse],
  ['?from_revision=3&to_revision=1', sse],
  ['?direction=backwards&from_revision=1&to_revision=3', ndjson],
  ['?direction=sideways', ndjson],
  ['?type=', ndjson],
  ['?type=A,,B', ndjson],
])('%s as %s is refused', async (query, accept) => {
  const { response } = await open(query, accept);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    400,
    expect.stringContaining('application/problem+json'),
  ]);
});

test('an invalid Last-Event-ID is refused', async () => {
  expect((await open('', sse, { 'last-event-id': 'x' })).response.status).toBe(400);
});

test('a missing session is not found, whatever the query', async () => {
  const authorization = `Bearer ${await issuer.token({ role: 'analyst', sub: 'spec' })}`;
  for (const accept of ['application/json', ndjson, sse])
    for (const query of ['', '?direction=backwards', '?type=GoalSet', '?from_revision=1']) {
      const response = await fetch(`${app.url}/v1/sessions/${randomUUID()}/events${query}`, {
        headers: { accept, authorization },
      });
      expect([accept, query, response.status]).toEqual([accept, query, 404]);
    }
});

test('pages go backwards and filter types, too', async () => {
  const authorization = `Bearer ${await issuer.token({ role: 'analyst', sub: 'spec' })}`;
  const page = (query: string) =>
    app.call('GET', `/v1/sessions/${id}/events?${query}`, undefined, { authorization });
  const first = await page('direction=backwards&limit=2&to_revision=298');
  expect(first.body).toMatchObject({ next_revision: expect.any(Number) });
  const next = Number(first.body['next_revision']);
  const second = await page(`direction=backwards&from_revision=${next}&to_revision=${next}`);
  expect(second.body).toMatchObject({ events: [{ revision: next }], next_revision: null });
  expect((await page('type=GoalSet')).body).toMatchObject({ events: [], next_revision: null });
  const all = await Array.fromAsync(readHistory(app.store, id, { direction: 'backwards' }));
  expect((await page('direction=backwards&limit=1')).body).toMatchObject({
    events: [{ revision: all[0]?.revision }],
  });
});
