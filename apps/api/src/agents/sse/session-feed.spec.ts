import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { sleep, waitUntil } from '#platform';
import { SessionFeed } from './session-feed.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** The response to a request, and the data that it receives. */
async function answer(): Promise<{ response: ServerResponse; body: ReadableStream<Uint8Array> }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const abort = new AbortController();
  ends.push(
    () => abort.abort(),
    () => server.close(),
  );
  const { port } = server.address() as AddressInfo;
  const fetched = fetch(`http://127.0.0.1:${port}`, { signal: abort.signal });
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  response.writeHead(200).flushHeaders();
  const { body } = await fetched;
  if (body === null) throw new Error('There is no body.');
  return { response, body };
}

const none = async function* (): AsyncGenerator<RecordedEvent> {};
const patient = { heartbeatMs: 600_000, patienceMs: 600_000 };
const big = 'x'.repeat(1_000_000);
const twelve = async function* (from: number): AsyncGenerator<RecordedEvent> {
  for (let revision = from; revision < 12; revision += 1)
    yield { revision, type: 'FlagRaised', event_id: big } as unknown as RecordedEvent;
};

/** Waits until a reader that does not read has to make room. */
async function untilBlocked(response: ServerResponse): Promise<void> {
  await waitUntil(() => response.listenerCount('drain') > 0, { what: 'a full buffer', everyMs: 1 });
}

test('a comment is sent periodically while nothing happens', async () => {
  const { response, body } = await answer();
  const feed = new SessionFeed(response, 3, none, { ...patient, heartbeatMs: 20 });
  ends.unshift(() => feed.close());
  feed.start();
  let text = '';
  for await (const part of body.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.length > 'retry: 1000\n\n'.length + 6) break;
  }
  expect(text).toMatch(/^retry: 1000\n\n(:\n\n){2,}$/);
});

test('nothing begins for a reader that has already disconnected', async () => {
  const { response } = await answer();
  const write = response.write.bind(response);
  let written = 0;
  response.write = (chunk: string) => {
    written += 1;
    return write(chunk);
  };
  const feed = new SessionFeed(response, 3, none, { ...patient, heartbeatMs: 5 });
  feed.close();
  feed.start();
  await sleep(30);
  expect(written).toBe(0);
});

test('waiting for a slow reader leaves nothing behind', async () => {
  const { response, body } = await answer();
  const listeners = response.listenerCount('close');
  const feed = new SessionFeed(response, -1, twelve);
  feed.start();
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > 12_000_000) break;
  }
  const left = (): number[] => [response.listenerCount('close'), response.listenerCount('drain')];
  await waitUntil(() => left()[1] === 0);
  expect(left()).toEqual([listeners, 0]);
  feed.close();
});

describe('a reader that does not read', () => {
  test('is disconnected after a while', async () => {
    const { response, body } = await answer();
    const feed = new SessionFeed(response, -1, twelve, { ...patient, patienceMs: 50 });
    feed.start();
    await waitUntil(() => response.destroyed, { what: 'the end of the connection' });
    await expect(new Response(body).text()).rejects.toThrow('terminated');
    feed.close();
  });

  test('gets neither further events nor comments', async () => {
    const { response, body } = await answer();
    const feed = new SessionFeed(response, -1, twelve, { ...patient, heartbeatMs: 5 });
    feed.start();
    await untilBlocked(response);
    const held = response.writableLength;
    let beats = 0;
    Object.defineProperty(response, 'writableNeedDrain', { get: () => (beats += 1) > 0 });
    await waitUntil(() => beats >= 3 || response.writableLength > held, { what: 'heartbeats', everyMs: 1 });
    expect(response.writableLength).toBe(held);
    feed.close();
    await body.cancel();
  });
});
