import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { sleep } from '#platform';
import { KafkaPresence } from './kafka-presence.ts';

let available: boolean;
/** How long Kafka takes to answer a probe (ms). */
let latency: number;
let blamed: string[];
let stop: AbortController;
let presence: KafkaPresence;
let running: Promise<void>;

const advance = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

/** The source was silent for this long, until now. */
function silent(source: string, ms: number): void {
  presence.judge(source, Date.now() - ms, () => blamed.push(source));
}

beforeEach(() => {
  jest.useFakeTimers();
  [available, latency, blamed] = [true, 0, []];
  stop = new AbortController();
  presence = new KafkaPresence({
    ping: async () => {
      if (latency > 0) await sleep(latency);
      if (!available) throw new Error('no broker');
    },
  });
  running = presence.run(stop.signal);
});
afterEach(async () => {
  stop.abort();
  await advance(latency);
  await running;
  jest.useRealTimers();
});

test('a source that is silent while Kafka is available is blamed, after a sign of life', async () => {
  await advance(5_500);
  silent('orders', 2_000);
  expect(blamed).toEqual([]);
  await advance(1_000);
  expect(blamed).toEqual(['orders']);
});

test('a probe that was sent before the silence ended says nothing about it', async () => {
  latency = 2_000;
  await advance(2_500);
  silent('orders', 1_000);
  await advance(1_500);
  expect(blamed).toEqual([]);
  await advance(3_000);
  expect(blamed).toEqual(['orders']);
});

test('silence that ends while Kafka is unavailable is not blamed', async () => {
  await advance(5_500);
  available = false;
  silent('orders', 2_000);
  await advance(5_000);
  available = true;
  await advance(5_000);
  expect(blamed).toEqual([]);
});

test('silence during which Kafka was unavailable is not blamed', async () => {
  available = false;
  await advance(6_500);
  available = true;
  await advance(2_000);
  silent('orders', 3_000);
  silent('logistics', 100);
  await advance(1_000);
  expect(blamed).toEqual(['logistics']);
});

test('a single unanswered probe does not excuse a source', async () => {
  await advance(5_500);
  available = false;
  silent('orders', 2_000);
  await advance(1_000);
  available = true;
  await advance(1_000);
  expect(blamed).toEqual(['orders']);
});

test('a request that Kafka takes is a sign of life, too', async () => {
  available = false;
  await advance(3_000);
  presence.seen();
  await advance(3_500);
  available = true;
  silent('orders', 5_000);
  await advance(1_000);
  expect(blamed).toEqual(['orders']);
});

test('a source whose requests could not be sent is not blamed for its silence', async () => {
  await advance(5_500);
  presence.lost('orders');
  await advance(100);
  silent('orders', 2_000);
  silent('logistics', 2_000);
  await advance(1_000);
  expect(blamed).toEqual(['logistics']);
});
