import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestApp } from '../../test-app.ts';
import { startTestApp } from '../../test-app.ts';
import { news, until } from '../test-support.ts';

/** The events of one session as they happen, over HTTP. */
let one: TestApp;
let two: TestApp;
const aborts: AbortController[] = [];

beforeAll(async () => {
  [one, two] = await Promise.all([startTestApp(), startTestApp()]);
});
afterAll(async () => {
  for (const abort of aborts) abort.abort();
  await Promise.all([one.close(), two.close()]);
});

/** The blocks that arrive, as they are. */
async function open(app: TestApp, path: string, headers: Record<string, string> = {}): Promise<string[]> {
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

describe('the stream of a session', () => {
  test('begins with what happens from now on, from any node', async () => {
    const id = await one.start();
    await news(one, id);
    const blocks = await open(one, `/v1/sessions/${id}/stream`);
    const revision = await news(one, id);
    await until(() => ids(blocks).length === 1);
    expect(ids(blocks)).toEqual([revision]);
    const block = blocks.find((text) => text.startsWith('id: '));
    const data = JSON.parse(/^data: (.*)$/m.exec(block ?? '')?.[1] ?? '') as object;
    expect(block).toContain('event: ExternalUpdateRecorded');
    expect(data).toMatchObject({ revision, type: 'ExternalUpdateRecorded', data: { system: 'orders' } });
  });

  test('goes on after Last-Event-ID, and begins where it is told', async () => {
    const id = await one.start();
    for (let n = 0; n < 100; n += 1) await news(one, id);
    const resumed = await open(two, `/v1/sessions/${id}/stream`, { 'last-event-id': '97' });
    const whole = await open(two, `/v1/sessions/${id}/stream?after=-1`);
    await until(() => ids(resumed).length === 3 && ids(whole).length === 101);
    expect(ids(resumed)).toEqual([98, 99, 100]);
    expect(ids(whole)).toEqual(Array.from({ length: 101 }, (_, n) => n));
  });

  test('is there for sessions only, and its parameters are checked', async () => {
    const path = '/v1/sessions/0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f99/stream';
    expect((await one.call('GET', path)).status).toBe(404);
    const id = await one.start();
    expect((await one.call('GET', `/v1/sessions/${id}/stream?after=x`)).status).toBe(400);
    const wrong = await one.call('GET', `/v1/sessions/${id}/stream`, undefined, { 'last-event-id': 'x' });
    expect(wrong.status).toBe(400);
  });

  test('ends when the node stops', async () => {
    const three = await startTestApp();
    const id = await three.start();
    const blocks = await open(three, `/v1/sessions/${id}/stream`);
    await three.close();
    await until(() => blocks.at(-1) === 'end');
    expect(blocks.at(-1)).toBe('end');
  });
});
