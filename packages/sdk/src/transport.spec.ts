import { once } from 'node:events';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { InvalidRequest, Turnstream, TurnstreamError, Unavailable } from './index.ts';
import { delayMs } from './retry.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const result = { session_id: 'a', revision: 3, events: [] };
const away = { type: 'https://turnstream.dev/problems/engine_unavailable', title: 'Away', status: 503 };

interface Script {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

/** A server that gives these answers in turn, the last one for ever; `hang up` breaks the connection. */
async function serve(
  ...script: (Script | 'hang up')[]
): Promise<{ url: string; seen: IncomingHttpHeaders[] }> {
  const seen: IncomingHttpHeaders[] = [];
  const listener: RequestListener = (request, response) => {
    const next = script[Math.min(seen.push(request.headers), script.length) - 1] ?? 'hang up';
    if (next === 'hang up') return void request.socket.destroy();
    const body = typeof next.body === 'string' ? next.body : JSON.stringify(next.body);
    return void response.writeHead(next.status, next.headers).end(body);
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function client(url: string, retryForMs = 5_000): Turnstream {
  const turnstream = new Turnstream({ url, retryForMs, agentId: 'bot-1' });
  ends.unshift(() => turnstream.close());
  return turnstream;
}

describe('a command', () => {
  test('is sent again under the same key when the system is away or the connection breaks', async () => {
    const { url, seen } = await serve({ status: 503, body: away }, 'hang up', { status: 200, body: result });
    const answer = await client(url).session('a').setGoal({ goal: 'pay' });
    expect(answer).toEqual({ ...result, replayed: false });
    expect(seen).toHaveLength(3);
    expect(new Set(seen.map((headers) => headers['idempotency-key'])).size).toBe(1);
    expect(seen[0]).toMatchObject({ 'agent-id': 'bot-1', 'content-type': 'application/json' });
  });

  test('gets a key of its own each time', async () => {
    const { url, seen } = await serve({ status: 200, body: result });
    const session = client(url).session('a');
    await session.clearFlag('vip');
    await session.clearFlag('vip', { expectedRevision: 3 });
    expect(new Set(seen.map((headers) => headers['idempotency-key'])).size).toBe(2);
    expect(seen.map((headers) => headers['if-match'])).toEqual([undefined, '"3"']);
  });

  test('is not sent again when that cannot help', async () => {
    const problem = { type: 'https://turnstream.dev/problems/internal_error', title: 'Broken', status: 500 };
    const { url, seen } = await serve({ status: 500, body: problem });
    const failure = client(url).session('a').end();
    await expect(failure).rejects.toMatchObject({ code: 'internal_error', status: 500 });
    expect(seen).toHaveLength(1);
  });

  test('tells its key when the time for retries is over', async () => {
    const { url } = await serve({ status: 503, body: away });
    const failure = client(url, 0).session('a').end('done', { key: 'k1' });
    await expect(failure).rejects.toBeInstanceOf(Unavailable);
    await expect(failure).rejects.toMatchObject({ key: 'k1', code: 'engine_unavailable' });
  });

  test('ends at once when its signal aborts', async () => {
    const { url } = await serve({ status: 503, body: away });
    const failure = client(url)
      .session('a')
      .end('done', { signal: AbortSignal.timeout(20) });
    await expect(failure).rejects.not.toBeInstanceOf(TurnstreamError);
  });
});

test('Retry-After is the least pause', async () => {
  expect(delayMs(0, 1, 0)).toBe(1_025);
  expect(delayMs(20, 0, 1)).toBe(2_000);
  const { url, seen } = await serve(
    { status: 429, body: 'slow down', headers: { 'retry-after': '1' } },
    { status: 200, body: result },
  );
  await expect(client(url, 500).session('a').end()).rejects.toMatchObject({ status: 429 });
  expect(seen).toHaveLength(1);
});

test('nobody listening is Unavailable, with the address in the message', async () => {
  const failure = client('http://127.0.0.1:1', 0).session('a').context();
  await expect(failure).rejects.toBeInstanceOf(Unavailable);
  await expect(failure).rejects.toMatchObject({ status: 0, code: 'unreachable' });
  await expect(failure).rejects.toThrow('http://127.0.0.1:1');
});

test('an answer that is not ours is told as such', async () => {
  const { url } = await serve({ status: 200, body: '<html>' });
  await expect(client(url).session('a').context()).rejects.toMatchObject({ code: 'unexpected_answer' });
  const other = await serve({ status: 400, body: 'nginx' });
  await expect(client(other.url).session('a').context()).rejects.toBeInstanceOf(InvalidRequest);
});

test('the address of the api may have a path', async () => {
  const { url, seen } = await serve({ status: 200, body: { items: [], next: null } });
  for await (const row of client(`${url}/turnstream/`).sessions({ partner_id: 'P 1' })) expect(row).toBe(0);
  expect(seen).toHaveLength(1);
});
