import { once } from 'node:events';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { InvalidRequest, SessionElsewhere, Turnstream, TurnstreamError, Unavailable } from '../index.ts';
import { Cleanup, limitMs } from './test-support.ts';
import type { Token } from './token.ts';

jest.setTimeout(limitMs);
const cleanup = new Cleanup();
afterEach(() => cleanup.closeAll());

const result = { session_id: 'a', revision: 3, events: [] };
const unavailable = {
  type: 'https://turnstream.dev/problems/engine_unavailable',
  title: 'Unavailable',
  status: 503,
};

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

/** A server that gives these answers in order and repeats the last one; `hang up` destroys the socket. */
async function serve(
  ...answers: (Answer | 'hang up')[]
): Promise<{ url: string; received: IncomingHttpHeaders[]; urls: string[] }> {
  const received: IncomingHttpHeaders[] = [];
  const urls: string[] = [];
  const listener: RequestListener = (request, response) => {
    urls.push(request.url ?? '');
    const next = answers[Math.min(received.push(request.headers), answers.length) - 1] ?? 'hang up';
    if (next === 'hang up') return void request.socket.destroy();
    const body = typeof next.body === 'string' ? next.body : JSON.stringify(next.body);
    return void response.writeHead(next.status, next.headers).end(body);
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.add(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, urls };
}

function client(url: string, retryForMs = limitMs): Turnstream {
  const turnstream = new Turnstream({ url, retryForMs, agentId: 'bot-1' });
  cleanup.add(() => turnstream.close());
  return turnstream;
}

function withToken(url: string, token: Token): Turnstream {
  const turnstream = new Turnstream({ url, token });
  cleanup.add(() => turnstream.close());
  return turnstream;
}

const keysOf = (received: readonly IncomingHttpHeaders[]): Set<unknown> =>
  new Set(received.map((headers) => headers['idempotency-key']));

describe('a command', () => {
  test('sends its agent id and content type', async () => {
    const { url, received } = await serve({ status: 200, body: result });
    await client(url).session('a').setGoal({ goal: 'pay' });
    expect(received[0]).toMatchObject({ 'agent-id': 'bot-1', 'content-type': 'application/json' });
  });

  test.each([
    ['the system is unavailable', { status: 503, body: unavailable }],
    ['the connection breaks', 'hang up' as const],
  ])('is sent again under the same key when %s', async (_, failure) => {
    const { url, received } = await serve(failure, { status: 200, body: result });
    const answer = await client(url).session('a').setGoal({ goal: 'pay' });
    expect(answer).toEqual({ ...result, replayed: false });
    expect(received).toHaveLength(2);
    expect(keysOf(received).size).toBe(1);
  });

  test('has a new key each time', async () => {
    const { url, received } = await serve({ status: 200, body: result });
    const session = client(url).session('a');
    await session.clearFlag('vip');
    await session.clearFlag('vip');
    expect(keysOf(received).size).toBe(2);
  });

  test('carries the expected revision as If-Match', async () => {
    const { url, received } = await serve({ status: 200, body: result });
    await client(url).session('a').clearFlag('vip', { expectedRevision: 3 });
    expect(received[0]).toMatchObject({ 'if-match': '"3"' });
  });

  test('is not sent again after an internal error', async () => {
    const problem = { type: 'https://turnstream.dev/problems/internal_error', title: 'Broken', status: 500 };
    const { url, received } = await serve({ status: 500, body: problem });
    const failure = client(url).session('a').end();
    await expect(failure).rejects.toMatchObject({ code: 'internal_error', status: 500 });
    expect(received).toHaveLength(1);
  });

  test('rejects with its key when the retry time is over', async () => {
    const { url } = await serve({ status: 503, body: unavailable });
    const failure = client(url, 0).session('a').end('done', { key: 'k1' });
    await expect(failure).rejects.toBeInstanceOf(Unavailable);
    await expect(failure).rejects.toMatchObject({ key: 'k1', code: 'engine_unavailable' });
  });

  test('rejects with its generated key while nobody knows its cell', async () => {
    const { url, received } = await serve(elsewhere(null));
    const failure = client(url, 0).session('a').end();
    await expect(failure).rejects.toBeInstanceOf(Unavailable);
    const key = received[0]?.['idempotency-key'];
    await expect(failure).rejects.toMatchObject({ key, code: 'session_elsewhere' });
  });

  test.each(['msg:日本', 'a\nb'])('with the key %j, which no header can have, is invalid', async (key) => {
    const { url, received } = await serve({ status: 200, body: result });
    const failure = client(url).session('a').end('done', { key });
    await expect(failure).rejects.toBeInstanceOf(InvalidRequest);
    await expect(failure).rejects.toMatchObject({ status: 0, message: 'invalid idempotency-key header' });
    expect(received).toEqual([]);
  });

  test('is not sent again once the client is closed, and rejects with its key', async () => {
    const { url } = await serve({ status: 200, body: result });
    const closed = new Turnstream({ url, retryForMs: limitMs });
    await closed.close();
    const failure = closed.session('a').end('done', { key: 'k1' });
    await expect(failure).rejects.toBeInstanceOf(Unavailable);
    await expect(failure).rejects.toMatchObject({ key: 'k1', code: 'closed' });
  });

  test('ends when its signal aborts', async () => {
    const { url } = await serve({ status: 503, body: unavailable });
    const failure = client(url)
      .session('a')
      .end('done', { signal: AbortSignal.timeout(20) });
    await expect(failure).rejects.not.toBeInstanceOf(TurnstreamError);
  });
});

const elsewhere = (cell: string | null): Answer => ({
  status: 421,
  body: {
    type: 'https://turnstream.dev/problems/session_elsewhere',
    title: 'Elsewhere',
    status: 421,
    cell,
  },
});

/** A client of the first address that knows the second one as cell b. */
function clientOf(url: string, other: string, retryForMs = limitMs): Turnstream {
  const turnstream = new Turnstream({ url, cells: { b: other }, retryForMs });
  cleanup.add(() => turnstream.close());
  return turnstream;
}

describe('a session in another cell', () => {
  test('gets its commands there, with their keys', async () => {
    const [a, b] = [await serve(elsewhere('b')), await serve({ status: 200, body: result })];
    expect(await clientOf(a.url, b.url).session('a').clearFlag('vip')).toMatchObject(result);
    expect(keysOf([...a.received, ...b.received]).size).toBe(1);
  });

  test('whose cell nobody knows yet gets the command again', async () => {
    const a = await serve(elsewhere(null), { status: 200, body: result });
    expect(await clientOf(a.url, a.url).session('a').clearFlag('vip')).toMatchObject(result);
  });

  test('gets the command again while two cells name each other', async () => {
    const b = await serve(elsewhere('b'), elsewhere('b'), elsewhere('b'), elsewhere('b'), {
      status: 200,
      body: result,
    });
    expect(await clientOf(b.url, b.url).session('a').clearFlag('vip')).toMatchObject(result);
  });

  test('whose address is not known rejects with SessionElsewhere at once', async () => {
    const a = await serve(elsewhere('c'));
    const failure = clientOf(a.url, a.url).session('a').clearFlag('vip');
    await expect(failure).rejects.toBeInstanceOf(SessionElsewhere);
    await expect(failure).rejects.toMatchObject({ cell: 'c', status: 421 });
    expect(a.received).toHaveLength(1);
  });
});

describe('a request', () => {
  test('is not retried when Retry-After exceeds the time for retries', async () => {
    const { url, received } = await serve({
      status: 429,
      body: 'slow down',
      headers: { 'retry-after': '60' },
    });
    await expect(client(url, 500).session('a').end()).rejects.toMatchObject({ status: 429 });
    expect(received).toHaveLength(1);
  });

  test.each([
    ['seconds', () => '60'],
    ['a date', () => new Date(Date.now() + 60_000).toUTCString()],
  ])('rejects with a Retry-After in %s', async (_, retryAfter) => {
    const { url } = await serve({ status: 503, body: 'later', headers: { 'retry-after': retryAfter() } });
    const failure = await client(url, 500)
      .session('a')
      .end()
      .catch((error: unknown) => error);
    expect(Math.round(Number((failure as Unavailable).problem.retry_after_s) / 10)).toBe(6);
  });

  test('comes again at the turn that it was told, not at the whole seconds', async () => {
    const body = { ...unavailable, retry_after_s: 20, retry_after_ms: 40 };
    const { url, received } = await serve(
      { status: 503, body, headers: { 'retry-after': '20' } },
      { status: 200, body: result },
    );
    await client(url, 5_000).session('a').end();
    expect(received).toHaveLength(2);
  });

  test('without a server rejects with Unavailable and the address', async () => {
    const failure = client('http://127.0.0.1:1', 0).session('a').context();
    await expect(failure).rejects.toBeInstanceOf(Unavailable);
    await expect(failure).rejects.toMatchObject({ status: 0, code: 'unreachable' });
    await expect(failure).rejects.toThrow('http://127.0.0.1:1');
  });

  test('whose answer is not JSON rejects with unexpected_answer', async () => {
    const { url } = await serve({ status: 200, body: '<html>' });
    await expect(client(url).session('a').context()).rejects.toMatchObject({ code: 'unexpected_answer' });
  });

  test('that a proxy refuses with 400 rejects with InvalidRequest', async () => {
    const { url } = await serve({ status: 400, body: 'nginx' });
    await expect(client(url).session('a').context()).rejects.toBeInstanceOf(InvalidRequest);
  });

  test('keeps the path of the API’s address', async () => {
    const { url, urls } = await serve({ status: 200, body: result });
    await client(`${url}/turnstream/`).session('a').context();
    expect(urls).toEqual(['/turnstream/v1/sessions/a/context']);
  });
});

describe('the token', () => {
  const refused = {
    status: 401,
    body: { type: 'https://turnstream.dev/problems/unauthenticated', title: 'No', status: 401 },
  };

  test('goes with each request', async () => {
    const { url, received } = await serve({ status: 200, body: result });
    await withToken(url, 'secret').session('a').setGoal({ goal: 'pay' });
    expect(received[0]).toMatchObject({ authorization: 'Bearer secret' });
  });

  test('is requested again when it is refused, and the command keeps its key', async () => {
    const { url, received } = await serve(refused, { status: 200, body: result });
    const tokens = ['old', 'new'];
    await withToken(url, () => tokens.shift() ?? '')
      .session('a')
      .setGoal({ goal: 'pay' });
    expect(received.map(({ authorization }) => authorization)).toEqual(['Bearer old', 'Bearer new']);
    expect(keysOf(received).size).toBe(1);
  });

  test('that does not change is an error', async () => {
    const { url, received } = await serve(refused);
    const request = withToken(url, 'old').session('a').setGoal({ goal: 'pay' });
    await expect(request).rejects.toMatchObject({ code: 'unauthenticated', status: 401 });
    expect(received).toHaveLength(1);
  });
});
