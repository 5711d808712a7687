import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createKafka, requestsTopic } from '#messaging';
import { createLogger, Metrics, waitUntil } from '#platform';
import { createTestTopics } from '../../../../libs/messaging/src/test-topics.ts';
import { BridgeMetrics } from '../common/metrics.ts';
import { Producers } from '../common/producers.ts';
import { RequestSender } from './request-sender.ts';

/** A broker that has the topic of one source, and lacks that of another. */
const logger = createLogger('bridge', 'silent');
const connection = { brokers: (process.env['KAFKA_BROKERS'] ?? '').split(',') };
const kafka = createKafka({ connection, clientId: 'spec', log: logger });
const admin = kafka.admin();
const run = randomUUID().slice(0, 8);
const [present, missing] = [`present-${run}`, `missing-${run}`];

const producers = new Producers({ kafka: connection } as never, logger);
const stop = new AbortController();
const results: string[] = [];
const sender = new RequestSender(
  producers,
  { lost: (source) => void results.push(`${source} lost`), seen: () => undefined },
  new BridgeMetrics(new Metrics('bridge')),
  logger,
);
let running: Promise<void>;

function add(source: string): void {
  sender.add({
    source,
    message: { topic: requestsTopic(source), key: 'ORD1', value: '{}' },
    until: Date.now() + 600_000,
    onSent: () => results.push(`${source} sent`),
    onRefused: (reason) => results.push(`${source} ${reason}`),
  });
}

beforeAll(async () => {
  await admin.connect();
  await createTestTopics(admin, [{ topic: requestsTopic(present) }]);
  running = sender.run(stop.signal);
});
afterAll(async () => {
  stop.abort();
  await running;
  await Promise.all([producers.close(), admin.disconnect()]);
});

test('a missing topic refuses the requests to its source; others are sent', async () => {
  for (let count = 0; count < 3; count += 1) for (const source of [missing, present]) add(source);
  await waitUntil(() => results.length === 6, { what: 'every request to be settled' });
  expect(results.toSorted()).toEqual([
    ...Array(3).fill(`${missing} topic_missing`),
    ...Array(3).fill(`${present} sent`),
  ]);
  const partitions = await admin.fetchTopicOffsets(requestsTopic(present));
  expect(partitions.reduce((sum, { high }) => sum + Number(high), 0)).toBe(3);
});

test('a topic that was missing takes requests once it is there', async () => {
  results.length = 0;
  await createTestTopics(admin, [{ topic: requestsTopic(missing) }]);
  add(missing);
  await waitUntil(() => results.length === 1, { what: 'the request to be settled' });
  expect(results).toEqual([`${missing} sent`]);
});
