import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Admin, Kafka } from 'kafkajs';
import type { Declarations } from '#declarations';
import { repliesTopic } from '#messaging';
import { createLogger, Metrics } from '#platform';
import { loadBridgeConfig } from '../common/config.ts';
import { BridgeMetrics } from '../common/metrics.ts';
import { ConsumerLag } from './consumer-lag.ts';

const topic = 'orders.events';
/** The committed offset of each partition, by group. */
let committed: Record<string, readonly string[]>;
let available: boolean;
let metrics: Metrics;
let stop: AbortController;
let running: Promise<void>;

const admin = {
  connect: async () => {
    if (!available) throw new Error('no broker');
  },
  disconnect: async () => undefined,
  fetchOffsets: async ({ groupId }: { groupId: string }) => {
    const offsets = committed[groupId] ?? [];
    return [
      { topic, partitions: offsets.map((offset, partition) => ({ partition, offset, metadata: null })) },
    ];
  },
  fetchTopicOffsets: async () => [
    { partition: 0, low: '0', high: '10' },
    { partition: 1, low: '5', high: '8' },
  ],
} as unknown as Admin;

beforeEach(() => {
  jest.useFakeTimers();
  [committed, available, metrics] = [{}, true, new Metrics('bridge')];
  stop = new AbortController();
  const kafka = { admin: () => admin } as unknown as Kafka;
  const declarations = { names: { incoming: [topic], sources: [] } } as unknown as Declarations;
  const config = loadBridgeConfig({ KAFKA_GROUP: 'own' });
  const logger = createLogger('bridge', 'silent');
  const lag = new ConsumerLag(kafka, declarations, config, new BridgeMetrics(metrics), logger);
  running = lag.run(stop.signal);
});
afterEach(async () => {
  stop.abort();
  await jest.advanceTimersByTimeAsync(0);
  await running;
  jest.useRealTimers();
});

/** The lag of each partition after the next measurement. */
async function lags(of: string): Promise<string[]> {
  await jest.advanceTimersByTimeAsync(15_000);
  const text = await metrics.registry.getSingleMetricAsString('bridge_consumer_lag');
  const lines = [0, 1].map((partition) =>
    new RegExp(`topic="${of}",partition="${partition}".*} (\\d+)`).exec(text),
  );
  return lines.map((line) => line?.[1] ?? 'unknown');
}

test('the lag of each topic and partition is shown, from the beginning where its group has committed nothing', async () => {
  committed = { 'own.orders.events': ['7', '-1'], 'own.replies': ['10', '8'] };
  expect(await lags(topic)).toEqual(['3', '3']);
  expect(await lags(repliesTopic)).toEqual(['0', '0']);
});

test('messages that Kafka has removed do not count', async () => {
  committed = { 'own.orders.events': ['10', '2'] };
  expect(await lags(topic)).toEqual(['0', '3']);
});

test('the lag is measured again after Kafka was unavailable', async () => {
  committed = { 'own.orders.events': ['1', '8'] };
  expect(await lags(topic)).toEqual(['9', '0']);
  available = false;
  committed = { 'own.orders.events': ['4', '8'] };
  expect(await lags(topic)).toEqual(['9', '0']);
  available = true;
  expect(await lags(topic)).toEqual(['6', '0']);
});
