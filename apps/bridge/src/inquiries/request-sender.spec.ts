import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Outgoing } from '#messaging';
import { createLogger } from '#platform';
import { RequestSender } from './request-sender.ts';

/** What was sent, batch by batch. */
let batches: string[][];
let attempts: number;
let available: boolean;
let stop: AbortController;
let sender: RequestSender;
let running: Promise<void>;

const advance = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms);

function add(value: string, usefulMs = 60_000): void {
  const message = { topic: 'inquiry.requests.orders', key: null, value };
  sender.add({ message, until: Date.now() + usefulMs });
}

async function send(messages: readonly Outgoing[]): Promise<void> {
  attempts += 1;
  if (!available) throw new Error('Kafka is unavailable');
  batches.push(messages.map(({ value }) => String(value)));
}

beforeEach(() => {
  jest.useFakeTimers();
  [batches, attempts, available] = [[], 0, true];
  stop = new AbortController();
  sender = new RequestSender({ requests: { send } }, createLogger('bridge', 'silent'));
  running = sender.run(stop.signal);
});
afterEach(async () => {
  stop.abort();
  await advance();
  await running;
  jest.useRealTimers();
});

test('requests that wait are sent as one batch, in their order', async () => {
  add('a');
  add('b');
  await advance();
  expect(batches).toEqual([['a', 'b']]);
});

test('a later request is sent in a later batch', async () => {
  add('a');
  await advance();
  add('b');
  await advance();
  expect(batches).toEqual([['a'], ['b']]);
});

test('a batch that fails is sent again, before later requests', async () => {
  available = false;
  add('a');
  await advance();
  add('b');
  await advance(1_000);
  available = true;
  await advance(2_000);
  expect(batches).toEqual([['a'], ['b']]);
});

test('pauses between attempts grow to about a second', async () => {
  available = false;
  add('a');
  await advance(10_000);
  const before = attempts;
  await advance(10_000);
  expect(attempts - before).toBeGreaterThanOrEqual(7);
  expect(attempts - before).toBeLessThanOrEqual(14);
});

test('an expired request is not sent', async () => {
  available = false;
  add('short', 500);
  add('long');
  await advance(1_000);
  available = true;
  await advance(2_000);
  expect(batches).toEqual([['long']]);
});

test('nothing is sent when every request is expired', async () => {
  available = false;
  add('a', 500);
  await advance(400);
  const before = attempts;
  available = true;
  jest.setSystemTime(Date.now() + 10_000);
  await advance(2_000);
  expect(attempts).toBe(before);
});

test('nothing is sent after the signal', async () => {
  available = false;
  add('a');
  await advance();
  stop.abort();
  available = true;
  await advance(10_000);
  await running;
  expect(batches).toEqual([]);
});
