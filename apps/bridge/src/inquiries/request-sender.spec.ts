import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import type { Publisher } from '#messaging';
import { LeaderMissingError } from '#messaging';
import { createLogger, Metrics } from '#platform';
import { BridgeMetrics } from '../common/metrics.ts';
import { RequestSender } from './request-sender.ts';
import { requestLimits } from './source-requests.ts';

const { KafkaJSProtocolError } = kafkajs;

/** What was sent, batch by batch. */
let batches: string[][];
let attempts: number;
/** The results of requests, and why sources' topics refuse them. */
let results: string[];
let faults: Record<string, Error>;
let lost: string[];
let metrics: Metrics;
let available: boolean;
/** The requests to a partition without a leader. */
let leaderless: string[];
/** The messages for which missing leaders were asked for. */
let asked: string[];
let stop: AbortController;
let sender: RequestSender;
let running: Promise<void>;

const advance = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms);

function add(
  value: string,
  { usefulMs = 60_000, source = 'orders' }: { usefulMs?: number | undefined; source?: string } = {},
): void {
  const message = { topic: `inquiry.requests.${source}`, key: null, value };
  sender.add({
    source,
    message,
    until: Date.now() + usefulMs,
    onSent: () => results.push(`${value} sent`),
    onRefused: (reason) => results.push(`${value} ${reason}`),
  });
}

const publisher = (source: string): Pick<Publisher, 'send'> => ({
  send: async (messages, options) => {
    attempts += 1;
    if (options?.skipLeaderless !== true) asked.push(...messages.map(({ value }) => String(value)));
    const fault = faults[source];
    if (fault) throw fault;
    if (!available) throw new Error('Kafka is unavailable');
    const unsent = messages.filter(({ value }) => leaderless.includes(String(value)));
    batches.push(messages.filter((one) => !unsent.includes(one)).map(({ value }) => String(value)));
    if (unsent.length > 0) throw new LeaderMissingError(unsent, {});
  },
});

function faultOf(type: string): Error {
  return new KafkaJSProtocolError({ message: type, type, code: 29, retriable: false } as never);
}

/** The waiting requests as the metrics show them. */
async function waiting(): Promise<string> {
  return metrics.registry.getSingleMetricAsString('inquiry_requests_waiting');
}

beforeEach(() => {
  jest.useFakeTimers();
  [batches, attempts, available, leaderless, asked] = [[], 0, true, [], []];
  [results, faults, lost, metrics] = [[], {}, [], new Metrics('bridge')];
  stop = new AbortController();
  sender = new RequestSender(
    { requestsTo: publisher },
    { lost: (source) => void lost.push(source), seen: () => undefined },
    new BridgeMetrics(metrics),
    createLogger('bridge', 'silent'),
  );
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

test('requests to a partition without a leader wait apart, until they expire', async () => {
  leaderless = ['b', 'c'];
  for (const [value, usefulMs] of [['a'], ['b'], ['c', 500]] as const) add(value, { usefulMs });
  await advance();
  add('d');
  await advance(1_000);
  expect(results).toEqual(['a sent', 'd sent']);
  leaderless = [];
  await advance(2_000);
  expect(results).toEqual(['a sent', 'd sent', 'b sent']);
  expect(batches.filter((batch) => batch.length > 0)).toEqual([['a'], ['d'], ['b']]);
});

test('only those that wait for a leader ask for it, so that they do not hold up the others', async () => {
  leaderless = ['b'];
  add('a');
  add('b');
  await advance();
  add('c');
  await advance(1_000);
  expect(new Set(asked)).toEqual(new Set(['b']));
});

test('a partition without a leader does not hold up another whose leader is back', async () => {
  leaderless = ['b', 'c'];
  add('b');
  await advance(1_000);
  add('c');
  await advance(1_000);
  leaderless = ['b'];
  await advance(3_000);
  expect(results).toEqual(['c sent']);
  expect(new Set(lost)).toEqual(new Set(['orders']));
  leaderless = [];
  await advance(2_000);
  expect(results).toEqual(['c sent', 'b sent']);
});

test('pauses between attempts to reach a partition without a leader grow to about a second', async () => {
  leaderless = ['b'];
  add('b');
  await advance(10_000);
  const before = attempts;
  await advance(10_000);
  expect(attempts - before).toBeGreaterThanOrEqual(7);
  expect(attempts - before).toBeLessThanOrEqual(14);
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
  add('short', { usefulMs: 500 });
  add('long');
  await advance(1_000);
  available = true;
  await advance(2_000);
  expect(batches).toEqual([['long']]);
});

test('expired requests make room for others while Kafka is unavailable', async () => {
  available = false;
  add('long');
  await advance();
  for (let count = 0; count < requestLimits.capacity; count += 1) add(String(count), { usefulMs: 500 });
  await advance(3_000);
  add('new');
  expect(results).toEqual([]);
});

test('nothing is sent when every request is expired', async () => {
  available = false;
  add('a', { usefulMs: 500 });
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

test('a request is sent when Kafka has it, not before', async () => {
  available = false;
  add('a');
  await advance(100);
  expect(results).toEqual([]);
  available = true;
  await advance(2_000);
  expect(results).toEqual(['a sent']);
});

test.each([
  ['TOPIC_AUTHORIZATION_FAILED', 'topic_forbidden'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'topic_missing'],
])('a request to a topic that answers %s is refused at once, and holds up no other', async (type, reason) => {
  faults = { weather: faultOf(type) };
  add('a', { source: 'weather' });
  add('b', { source: 'weather' });
  add('c');
  await advance();
  expect(results.sort()).toEqual([`a ${reason}`, `b ${reason}`, 'c sent']);
  expect(lost).toEqual([]);
});

test('a source whose topic temporarily refuses requests holds up no other', async () => {
  faults = { weather: new Error('no leader') };
  add('a', { source: 'weather' });
  add('b');
  await advance(500);
  expect(results).toEqual(['b sent']);
  expect(new Set(lost)).toEqual(new Set(['weather']));
});

test('the waiting requests are bounded in bytes; further ones are refused', async () => {
  available = false;
  add('first');
  await advance();
  const value = 'x'.repeat(requestLimits.capacityBytes / 4);
  for (let count = 0; count < 6; count += 1) add(value);
  expect(results).toEqual([`${value} queue_full`, `${value} queue_full`]);
  expect(await waiting()).toContain('source="orders",app="bridge"} 5');
});

test('the requests that wait are bounded in number', async () => {
  available = false;
  add('first');
  await advance();
  for (let count = 0; count <= requestLimits.capacity; count += 1) add(String(count));
  expect(results).toEqual([`${requestLimits.capacity} queue_full`]);
});

test('the requests to partitions without a leader count among those that wait', async () => {
  leaderless = ['b'];
  add('b');
  await advance();
  const few = requestLimits.capacity / 4;
  leaderless = Array.from({ length: 3 * few }, (_, count) => `b${count}`);
  for (const value of leaderless) add(value);
  await advance(100);
  available = false;
  add('first');
  await advance();
  for (let count = 0; count < 2 * few; count += 1) add(String(count));
  const refused = results.filter((result) => result.endsWith('queue_full')).length;
  expect(refused).toBeGreaterThan(few - 2 * requestLimits.batchSize);
  expect(refused).toBeLessThanOrEqual(few);
});
