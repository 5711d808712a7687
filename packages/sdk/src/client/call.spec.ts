import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, expect, jest, test } from '@jest/globals';
import { SessionNotFound, Turnstream, Unavailable } from '../index.ts';
import type { TurnstreamOptions } from '../index.ts';
import { Cleanup, limitMs } from './test-support.ts';

jest.setTimeout(limitMs);
const cleanup = new Cleanup();
afterEach(() => cleanup.closeAll());

/** A client of a server with this answer. */
async function clientOf(
  listener: RequestListener,
  options: Partial<TurnstreamOptions> = {},
): Promise<Turnstream> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new Turnstream({ url: `http://127.0.0.1:${port}`, retryForMs: 0, ...options });
  cleanup.add(() => {
    server.closeAllConnections();
    server.close();
  });
  cleanup.add(() => client.close());
  return client;
}

test('a request has its query without undefined members, and the purpose', async () => {
  const client = await clientOf(
    ({ url, headers }, response) => response.end(JSON.stringify({ url, purpose: headers['access-purpose'] })),
    { purpose: 'complaint:4711' },
  );
  const query = { partner_id: 'P 1', subject: undefined };
  const answer = await client.request('/v1/access', { query });
  expect(answer).toEqual({ url: '/v1/access?partner_id=P%201', purpose: 'complaint:4711' });
});

test('a stream is readable as it arrives', async () => {
  const client = await clientOf((_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.write('{"a":1}\n');
    response.end('{"a":2}\n');
  });
  const { body, headers } = await client.stream('/v1/things');
  expect(headers['content-type']).toBe('application/x-ndjson');
  expect(await text(Readable.from(body))).toBe('{"a":1}\n{"a":2}\n');
});

test('a refused stream is an error', async () => {
  const problem = { type: 'https://turnstream.dev/problems/not_found', title: 'Not found', status: 404 };
  const client = await clientOf((_, response) => response.writeHead(404).end(JSON.stringify(problem)));
  await expect(client.stream('/v1/things')).rejects.toThrow(SessionNotFound);
});

test('a truncated answer is Unavailable', async () => {
  let requests = 0;
  const client = await clientOf((request, response) => {
    requests += 1;
    response.writeHead(200, { 'content-length': 100 });
    response.write('{"a":');
    setImmediate(() => request.socket.destroy());
  });
  await expect(client.request('/v1/things')).rejects.toThrow(Unavailable);
  expect(requests).toBe(1);
});
