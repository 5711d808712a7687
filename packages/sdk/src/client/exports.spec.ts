import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, jest, test } from '@jest/globals';
import { KeyReused, Turnstream, TurnstreamError, Unavailable } from '../index.ts';
import { Cleanup, limitMs } from './test-support.ts';

jest.setTimeout(limitMs);
const cleanup = new Cleanup();
afterEach(() => cleanup.closeAll());

interface Received {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function serve(
  answer: (request: Received, response: ServerResponse, count: number) => void,
): Promise<{ turnstream: Turnstream; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const { url = '', headers } = request;
      answer({ url, headers, body }, response, received.push({ url, headers, body }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const turnstream = new Turnstream({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    retryForMs: 2_000,
  });
  cleanup.add(async () => {
    await turnstream.close();
    server.closeAllConnections();
    server.close();
  });
  return { turnstream, received };
}

const content = Buffer.from('नमस्ते '.repeat(20_000));
const request = { form: 'turns', format: 'ndjson', from: '2026-03-01T00:00:00Z' } as const;

/** Sends the file from the Range on, and hangs up in the middle `cuts` times. */
function sendFile(cuts: number): Parameters<typeof serve>[0] {
  return ({ headers }, response, count) => {
    const start = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
    const rest = content.subarray(start);
    if (start > 0)
      response.setHeader('content-range', `bytes ${start}-${content.length - 1}/${content.length}`);
    response.writeHead(start === 0 ? 200 : 206, { 'content-length': rest.length });
    if (count > cuts) response.end(rest);
    else response.write(rest.subarray(0, rest.length / 2), () => response.destroy());
  };
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunks));
}

test('a file whose connection is lost continues where it ended', async () => {
  const { turnstream, received } = await serve(sendFile(3));
  expect(await bytesOf(turnstream.exportFile('e', 'turns.csv'))).toEqual(content);
  expect(received.length).toBe(4);
  expect(received[0]?.headers.range).toBeUndefined();
  expect(received[1]?.headers.range).toMatch(/^bytes=\d+-$/);
});

test('a file is fetched from the first missing byte', async () => {
  const { turnstream, received } = await serve(sendFile(0));
  expect(await bytesOf(turnstream.exportFile('e', 'a/b', { from: 100 }))).toEqual(content.subarray(100));
  expect(received[0]).toMatchObject({ url: '/v1/exports/e/files/a%2Fb', headers: { range: 'bytes=100-' } });
});

test.each([
  ['the whole file', 200, undefined],
  ['another part', 206, 'bytes 50-99/100'],
])('%s in place of the rest of a file is an error', async (_, status, range) => {
  const { turnstream } = await serve((_request, response) =>
    response.writeHead(status, range === undefined ? {} : { 'content-range': range }).end(content),
  );
  const bytes = bytesOf(turnstream.exportFile('e', 'x', { from: 100 }));
  await expect(bytes).rejects.toMatchObject({ code: 'unexpected_answer' });
});

test('a file whose connection is lost repeatedly is unavailable', async () => {
  const { turnstream } = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.flushHeaders();
    setImmediate(() => response.destroy());
  });
  await expect(bytesOf(turnstream.exportFile('e', 'x'))).rejects.toThrow(Unavailable);
});

test('a missing file is an error', async () => {
  const problem = { type: 'https://turnstream.dev/problems/not_found', title: 'Not found', status: 404 };
  const { turnstream } = await serve((_, response) => response.writeHead(404).end(JSON.stringify(problem)));
  await expect(bytesOf(turnstream.exportFile('e', 'x'))).rejects.toThrow(TurnstreamError);
});

test('a repeated request has the same id and purpose', async () => {
  const { turnstream, received } = await serve((_, response, count) =>
    count === 1
      ? void response.destroy()
      : void response.writeHead(202).end(JSON.stringify({ export_id: 'e', status: 'waiting' })),
  );
  expect(await turnstream.createExport(request, { purpose: 'research:12' })).toMatchObject({
    export_id: 'e',
  });
  const ids = received.map(({ body }) => (JSON.parse(body) as { export_id: string }).export_id);
  expect(ids).toEqual([expect.stringMatching(/^[\w-]{36}$/), ids[0]]);
  expect(received[1]?.headers['access-purpose']).toBe('research:12');
});

test('the id of another request is an error', async () => {
  const problem = {
    type: 'https://turnstream.dev/problems/idempotency_key_reused',
    title: 'Used',
    status: 422,
  };
  const { turnstream } = await serve((_, response) => response.writeHead(422).end(JSON.stringify(problem)));
  await expect(turnstream.createExport({ ...request, export_id: 'e' })).rejects.toThrow(KeyReused);
});

test('whenExported resolves when the export is over', async () => {
  const states = ['waiting', 'running', 'done'];
  const { turnstream } = await serve((_, response, count) =>
    response.end(JSON.stringify({ export_id: 'e', status: states[count - 1] })),
  );
  expect(await turnstream.whenExported('e')).toMatchObject({ status: 'done' });
});

test('an export is deleted', async () => {
  const { turnstream, received } = await serve((_, response) => response.writeHead(204).end());
  await turnstream.deleteExport('e');
  expect(received[0]?.url).toBe('/v1/exports/e');
});
