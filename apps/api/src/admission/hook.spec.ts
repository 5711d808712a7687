import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { Metrics, waitUntil } from '#platform';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { Admission } from './admission.ts';
import type { AdmissionConfig } from './config.ts';
import { installAdmission } from './hook.ts';

const config: AdmissionConfig = {
  requestsAtOnce: 4,
  queue: 4,
  bodyBytes: 100_000,
  targetMs: 50,
  waitMs: 60_000,
  burstMs: 60_000,
  connections: 4,
  analysts: { connections: 2, waiting: 2, waitMs: 60_000, statementMs: 1_000 },
};

/** A body that begins and never ends. */
function endless(): Readable {
  const body = new Readable({ read: () => undefined });
  body.push(':\n\n');
  return body;
}

let server: FastifyInstance;
let admission: Admission;
let url: string;
/** Ends the requests in progress, and lets all later ones pass. */
let open: () => void;
let began: number;
let sent: Promise<Response>[];

async function start(more: Partial<AdmissionConfig> = {}): Promise<void> {
  admission = new Admission({ ...config, ...more }, new Metrics('api'));
  server = fastify({ forceCloseConnections: true });
  installAdmission(server, admission);
  const { promise, resolve } = Promise.withResolvers<void>();
  open = resolve;
  began = 0;
  sent = [];
  const handler = async (): Promise<object> => {
    began += 1;
    await promise;
    return { done: true };
  };
  server.post('/v1/sessions/:session_id/turns', handler);
  server.get('/v1/sessions/:session_id/context', handler);
  server.get('/v1/sessions/:session_id/events', async ({ headers }) =>
    headers.accept === undefined || headers.accept === '*/*' ? handler() : endless(),
  );
  server.get('/v1/sessions', handler);
  server.get('/v1/turns', handler);
  server.get('/v1/sessions/:session_id/stream', (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200).write(':\n\n');
  });
  for (const path of ['/health/live', '/metrics']) server.get(path, async () => ({ status: 'ok' }));
  url = await server.listen({ host: '127.0.0.1', port: 0 });
}
beforeEach(() => start());
afterEach(async () => {
  open();
  await Promise.allSettled(sent);
  await server.close();
});

const turns = '/v1/sessions/s/turns';
function post(agent: string, body: object = {}): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'agent-id': agent };
  const answer = fetch(url + turns, { method: 'POST', body: JSON.stringify(body), headers });
  sent.push(answer);
  return answer;
}

/** Two requests of bot-1 are in progress and two wait. */
async function fill(): Promise<void> {
  for (let index = 0; index < 4; index += 1) void post('bot-1');
  await waitUntil(() => began === 2 && admission.commands.counts.waiting === 2);
}

describe('a node that is full', () => {
  test('refuses with a problem and Retry-After before it reads a body', async () => {
    await fill();
    const answer = await post('bot-1', { text: 'x'.repeat(500_000) });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({
      type: 'https://turnstream.dev/problems/overloaded',
      title: expect.any(String),
      status: 503,
      instance: turns,
      retry_after_s: 1,
      trace_id: expect.any(String),
    });
    expect(began).toBe(2);
  });

  test('tells a command the turn of its session when that comes later', async () => {
    await fill();
    jest.spyOn(admission.sessions, 'turnAway').mockReturnValue(7_000);
    expect((await post('bot-1')).headers.get('retry-after')).toBe('7');
  });

  test('quotes only the beginning of a long address', async () => {
    await fill();
    const headers = { 'content-type': 'application/json', 'agent-id': 'bot-1' };
    const address = `${url}/v1/sessions/${'%E0%A4%95'.repeat(90)}/turns`;
    const answer = await fetch(address, { method: 'POST', body: '{}', headers });
    expect(answer.status).toBe(503);
    const { instance } = (await answer.json()) as { instance: string };
    expect(instance).toHaveLength(500);
  });

  test('refuses the caller that fills it with 429 while another is served', async () => {
    await fill();
    const other = post('bot-2');
    await waitUntil(() => began === 3);
    const answer = await post('bot-1');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
    open();
    expect((await other).status).toBe(200);
  });

  test('answers waiting requests when there is room', async () => {
    await fill();
    open();
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(admission.commands.counts).toMatchObject({ admitted: 0, waiting: 0, callers: 0 });
  });

  test('answers health checks, reads and queries', async () => {
    await fill();
    const live = await fetch(`${url}/health/live`);
    expect(live.status).toBe(200);
    const others = [`${url}/v1/sessions/s/context`, `${url}/v1/turns`].map((address) => fetch(address));
    await waitUntil(() => began === 4);
    open();
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200]);
  });

  test.each(['/health/live', '/metrics'])('answers %s while no read is admitted', async (path) => {
    const context = `${url}/v1/sessions/s/context`;
    for (let index = 0; index < 4; index += 1) sent.push(fetch(context));
    await waitUntil(() => began === 2 && admission.reads.counts.waiting === 2);
    expect((await fetch(context)).status).toBe(503);
    expect((await fetch(url + path)).status).toBe(200);
  });

  test('keeps a connection that it refuses', async () => {
    await fill();
    const statuses = [await post('bot-1', { text: 'x'.repeat(500_000) }), await post('bot-1')];
    expect(statuses.map(({ status }) => status)).toEqual([503, 503]);
  });
});

test('only lists of rows wait for PostgreSQL', async () => {
  const paths = ['/v1/sessions/s/context', '/v1/sessions/s/events', '/v1/sessions', '/v1/turns'];
  sent = paths.map((path) => fetch(url + path));
  await waitUntil(() => began === 4);
  expect([admission.reads.counts.admitted, admission.queries.counts.admitted]).toEqual([2, 2]);
});

/** A request of which the first of two bytes is sent. */
function upload(agent: string): ClientRequest {
  const headers = { 'content-type': 'application/json', 'content-length': 2, 'agent-id': agent };
  const request = httpRequest(url + turns, { method: 'POST', headers });
  request.on('error', () => undefined);
  request.write('{');
  return request;
}

/** A request whose body has begun to arrive. */
async function beginUpload(): Promise<ClientRequest> {
  const { admitted } = admission.commands.counts;
  const request = upload('bot-1');
  await waitUntil(() => admission.commands.counts.admitted === admitted + 1);
  return request;
}

async function endUpload(request: ClientRequest, rest = '}'): Promise<number | undefined> {
  request.end(rest);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

describe('a body that takes long to come', () => {
  test('does not count in the response time', async () => {
    const observe = jest.spyOn(AdaptiveLimit.prototype, 'observe');
    open();
    const late = await beginUpload();
    const cameAt = performance.now();
    expect(await endUpload(late)).toBe(200);
    expect(observe.mock.calls.map(([beganAt]) => beganAt >= cameAt)).toEqual([true]);
    observe.mockRestore();
  });

  test('is not measured when it is not valid', async () => {
    const observe = jest.spyOn(AdaptiveLimit.prototype, 'observe');
    expect(await endUpload(await beginUpload(), ']')).toBe(400);
    expect(observe).not.toHaveBeenCalled();
    observe.mockRestore();
  });

  test('gives its place to others, and waits for one when it has arrived', async () => {
    const uploads = [await beginUpload(), await beginUpload()];
    for (let index = 0; index < 2; index += 1) void post('bot-1');
    await waitUntil(() => began === 2);
    const statuses = uploads.map((late) => endUpload(late));
    await waitUntil(() => admission.commands.counts.waiting === 2);
    expect(began).toBe(2);
    open();
    expect(await Promise.all(statuses)).toEqual([200, 200]);
    expect(admission.commands.counts).toMatchObject({ admitted: 0, bytes: 0, callers: 0 });
  });
});

test('bodies that take long to come keep no place in the line of their session', async () => {
  await server.close();
  await start({ requestsAtOnce: 64 });
  const uploads = Array.from({ length: 8 }, (_, n) => upload(`bot-${n}`));
  await waitUntil(() => admission.commands.counts.bytes === 16);
  const other = post('bot-9');
  await waitUntil(() => began === 1, { what: 'another command of the session' });
  open();
  expect((await other).status).toBe(200);
  for (const request of uploads) request.destroy();
});

test('a body without Content-Length counts as the largest', async () => {
  const chunked = httpRequest(url + turns, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  chunked.on('error', () => undefined);
  chunked.write('{"a":');
  await waitUntil(() => admission.commands.counts.admitted === 1);
  expect(admission.commands.counts.bytes).toBe(262_144);
  chunked.destroy();
  await waitUntil(() => admission.commands.counts.admitted === 0);
  expect(admission.commands.counts.bytes).toBe(0);
});

test('a caller that goes away while it waits leaves the queue', async () => {
  for (let index = 0; index < 3; index += 1) void post('bot-1');
  await waitUntil(() => admission.commands.counts.waiting === 1);
  const stop = new AbortController();
  const gone = fetch(url + turns, { method: 'POST', signal: stop.signal, headers: { 'agent-id': 'bot-1' } });
  await waitUntil(() => admission.commands.counts.waiting === 2);
  stop.abort();
  await expect(gone).rejects.toThrow('aborted');
  await waitUntil(() => admission.commands.counts.waiting === 1);
});

test('a command whose caller has gone keeps its place until it is done, and is then forgotten', async () => {
  const [timers, cleared] = [jest.spyOn(globalThis, 'setTimeout'), jest.spyOn(globalThis, 'clearTimeout')];
  const abandoned = (): unknown[] =>
    timers.mock.results.flatMap(({ value }, index) =>
      timers.mock.calls[index]?.[1] === 30_000 ? [value] : [],
    );
  const stop = new AbortController();
  const headers = { 'content-type': 'application/json' };
  const gone = fetch(url + turns, { method: 'POST', body: '{}', headers, signal: stop.signal });
  await waitUntil(() => began === 1);
  stop.abort();
  await expect(gone).rejects.toThrow('aborted');
  await waitUntil(() => abandoned().length === 1);
  expect(admission.commands.counts.admitted).toBe(1);
  open();
  await waitUntil(() => admission.commands.counts.admitted === 0);
  expect(cleared.mock.calls.flat()).toEqual(expect.arrayContaining(abandoned()));
  jest.restoreAllMocks();
});

test.each([
  ['stream', 'text/event-stream'],
  ['events', 'text/event-stream'],
  ['events', 'application/x-ndjson'],
])(
  '…/%s as %s are counted as long as they are open, and beyond their number refused',
  async (path, accept) => {
    const stop = new AbortController();
    const stream = (): Promise<Response> =>
      fetch(`${url}/v1/sessions/s/${path}`, { signal: stop.signal, headers: { accept } });
    const opened = [await stream(), await stream(), await stream()];
    expect(opened.map(({ status }) => status)).toEqual([200, 200, 503]);
    expect(opened[2]?.headers.get('retry-after')).toBe('1');
    expect(admission.connections.counts.admitted).toBe(2);
    stop.abort();
    await waitUntil(() => admission.connections.counts.admitted === 0);
  },
);
