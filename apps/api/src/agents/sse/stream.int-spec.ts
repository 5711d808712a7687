import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { TestNode } from '../testing/test-support.ts';
import { recordUpdate, TestFleet } from '../testing/test-support.ts';

/** The events of one session as they happen, over HTTP. */
const fleet = new TestFleet();
let one: TestNode;
let two: TestNode;
const aborts: AbortController[] = [];
beforeAll(async () => {
  [one, two] = await Promise.all([fleet.startNode(), fleet.startNode()]);
});
afterAll(async () => {
  for (const abort of aborts) abort.abort();
  await fleet.close();
});

/** The received blocks, unparsed. */
async function open(app: TestNode, path: string, headers: Record<string, string> = {}): Promise<string[]> {
  const abort = new AbortController();
  aborts.push(abort);
  const answer = await fetch(`${app.url}${path}`, { headers, signal: abort.signal });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'text/event-stream; charset=utf-8',
  ]);
  const blocks: string[] = [];
  void (async () => {
    let rest = '';
    for await (const part of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const all = (rest + part).split('\n\n');
      rest = all.pop() ?? '';
      blocks.push(...all);
    }
    blocks.push('end');
  })().catch(() => undefined);
  return blocks;
}

const ids = (blocks: readonly string[]): number[] =>
  blocks.flatMap((block) => /^id: (\d+)$/m.exec(block)?.slice(1).map(Number) ?? []);

/** How many streams the first node has open. */
async function openStreams(): Promise<number> {
  const answer = await fetch(`${one.url}/metrics`);
  return Number(/^agent_streams\{[^}]*\} (\d+)$/m.exec(await answer.text())?.[1]);
}

describe('the stream of a session', () => {
  test('ends when its connection does, even before the session was found', async () => {
    const id = await one.start();
    const before = await openStreams();
    const { host, port } = new URL(one.url);
    const request = `GET /v1/sessions/${id}/stream HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
    const sockets = Array.from({ length: 40 }, () => connect(Number(port), '127.0.0.1'));
    for (const socket of sockets) socket.write(request.repeat(8));
    await Promise.race(sockets.map((socket) => once(socket, 'data')));
    for (const socket of sockets) socket.destroy();
    // By then the earlier notifications on other connections have been handled.
    for (let n = 0; n < 5; n += 1) await one.call('GET', `/v1/sessions/${id}/context`);
    const areEnded = async (): Promise<boolean> => (await openStreams()) === before;
    await expect(waitUntil(areEnded)).resolves.toBeUndefined();
  });

  test('begins with new events', async () => {
    const id = await one.start();
    await recordUpdate(one, id);
    const blocks = await open(one, `/v1/sessions/${id}/stream`);
    const revision = await recordUpdate(one, id);
    await waitUntil(() => ids(blocks).length === 1);
    expect(ids(blocks)).toEqual([revision]);
    const block = blocks.find((text) => text.startsWith('id: '));
    const data = JSON.parse(/^data: (.*)$/m.exec(block ?? '')?.[1] ?? '') as object;
    expect(block).toContain('event: ExternalUpdateRecorded');
    expect(data).toMatchObject({ revision, type: 'ExternalUpdateRecorded', data: { system: 'orders' } });
  });

  test('shows events appended by another node', async () => {
    const id = await one.start();
    const blocks = await open(one, `/v1/sessions/${id}/stream`);
    const revision = await recordUpdate(two, id);
    await waitUntil(() => ids(blocks).length === 1);
    expect(ids(blocks)).toEqual([revision]);
  });

  test('resumes after Last-Event-ID, on any node', async () => {
    const id = await one.start();
    for (let n = 0; n < 10; n += 1) await recordUpdate(one, id);
    const blocks = await open(two, `/v1/sessions/${id}/stream`, { 'last-event-id': '7' });
    await waitUntil(() => ids(blocks).length === 3);
    expect(ids(blocks)).toEqual([8, 9, 10]);
  });

  test('begins after the revision that it is given, and shows more events than one page', async () => {
    const id = await one.start();
    for (let n = 0; n < 100; n += 1) await recordUpdate(one, id);
    const blocks = await open(two, `/v1/sessions/${id}/stream?after=-1`);
    await waitUntil(() => ids(blocks).length === 101);
    expect(ids(blocks)).toEqual(Array.from({ length: 101 }, (_, n) => n));
  });

  test('of a session that does not exist is not found', async () => {
    const path = '/v1/sessions/0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f99/stream';
    expect((await one.call('GET', path)).status).toBe(404);
  });

  test('is refused with an invalid `after`', async () => {
    const id = await one.start();
    expect((await one.call('GET', `/v1/sessions/${id}/stream?after=x`)).status).toBe(400);
  });

  test('is refused with an invalid Last-Event-ID', async () => {
    const id = await one.start();
    const wrong = await one.call('GET', `/v1/sessions/${id}/stream`, undefined, { 'last-event-id': 'x' });
    expect(wrong.status).toBe(400);
  });

  test('ends when the node stops', async () => {
    const three = await fleet.startNode();
    const id = await three.start();
    const blocks = await open(three, `/v1/sessions/${id}/stream`);
    await three.close();
    await waitUntil(() => blocks.length > 1);
    expect(blocks.at(-1)).toBe('end');
  });
});
