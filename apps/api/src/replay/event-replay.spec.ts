import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { RawEvent } from '#sessions';
import { EventReplay } from './event-replay.ts';

const gapMs = 3_600_000;
const kibibyte = 'x'.repeat(1_024);

function eventAt(revision: number): RawEvent {
  const created = new Date(revision * gapMs).toISOString();
  const data = { flag: 'vip', value: kibibyte };
  return { event_id: `e-${revision}`, type: 'FlagRaised', revision, created, data, metadata: {} };
}

/** An endless history that counts the events read from it. */
function endless(): { read: () => AsyncGenerator<RawEvent>; count: () => number } {
  let count = 0;
  const read = async function* (): AsyncGenerator<RawEvent> {
    for (;;) yield eventAt(count++);
  };
  return { read, count: () => count };
}

async function* onlyOne(): AsyncGenerator<RawEvent> {
  yield eventAt(0);
}

test('no more is read than the reader takes, except a bounded buffer', async () => {
  const { read, count } = endless();
  const abort = new AbortController();
  const stream = new EventReplay('s', 'ndjson', read).toReadable(abort.signal);
  for await (const part of stream) {
    expect(String(part)).toContain('e-0');
    break;
  }
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
  expect(count()).toBeLessThan(100);
});

test('a pause between two events ends when the reader disconnects', async () => {
  const { read, count } = endless();
  const abort = new AbortController();
  const stream = new EventReplay('s', 'sse', read, 1).toReadable(abort.signal);
  let text = '';
  for await (const part of stream) {
    text += String(part);
    if (text.includes('id: 0')) abort.abort();
  }
  expect(count()).toBeLessThanOrEqual(2);
  expect(text).not.toContain('event: end');
});

test('nothing more is sent once the reader may not read the session', async () => {
  const { read } = endless();
  let sent = 0;
  const stream = new EventReplay('s', 'sse', read).toReadable(new AbortController().signal, () => sent >= 3);
  let text = '';
  for await (const part of stream) {
    text += String(part);
    sent = text.match(/^id: /gm)?.length ?? 0;
  }
  expect(text).toContain('id: 2');
  expect(text).not.toContain('event: end');
});

test('personal data are masked', async () => {
  const replay = new EventReplay('s', 'ndjson', onlyOne).masked();
  const [line] = await Array.fromAsync(replay.toReadable(new AbortController().signal));
  expect(JSON.parse(String(line))).toMatchObject({ data: { flag: 'vip', value: '[masked]' } });
});
