import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Admin, Kafka } from 'kafkajs';
import type { Outgoing } from '#messaging';
import { NonRetryableError, repliesTopic } from '#messaging';
import { createLogger, Metrics } from '#platform';
import { FakeConsumer } from '../../../../libs/messaging/src/consumer/test-group.ts';
import { loadBridgeConfig } from '../common/config.ts';
import { BridgeMetrics } from '../common/metrics.ts';
import { UrgentTasks } from '../common/urgent-tasks.ts';
import { InboundConsumers } from './consumers.ts';

const topic = 'orders.events';
let consumers: Map<string, FakeConsumer>;
let letters: Outgoing[];
let metrics: Metrics;
let inbound: InboundConsumers;
let stop: AbortController;
let running: Promise<void>;

const settle = (): Promise<void> => jest.advanceTimersByTimeAsync(0);

/** A consumer of a group, whose topic names it. */
function open({ groupId }: { groupId: string }): FakeConsumer {
  const consumer = new FakeConsumer([]);
  consumers.set(groupId, consumer);
  return consumer;
}

const admin = {
  connect: async () => undefined,
  disconnect: async () => undefined,
  listTopics: async () => [],
  fetchOffsets: async () => [{ topic, partitions: [] }],
  describeGroups: async () => ({ groups: [] }),
} as unknown as Admin;

/** Updates whose text is the number of sessions that have them; `no`: every session refuses it. */
const updates = {
  ready: async () => undefined,
  address: async (messages: readonly { readonly value: Buffer | null }[]) =>
    messages.map(({ value }) => String(value)),
  record: async (text: unknown) => {
    if (text === 'no') throw new NonRetryableError('refused', 'no');
    return { sessions: Number(text), appended: Number(text) };
  },
};

beforeEach(async () => {
  jest.useFakeTimers();
  [consumers, letters, metrics] = [new Map(), [], new Metrics('bridge')];
  stop = new AbortController();
  const bridge = new BridgeMetrics(metrics);
  const parts = [
    { consumer: open, admin: () => admin } as unknown as Kafka,
    loadBridgeConfig({ KAFKA_CREATE_TOPICS: 'false' }),
    { names: { incoming: [topic], sources: [] } },
    updates,
    { read: () => [] },
    new UrgentTasks(),
    { ping: async () => undefined },
    { deadLetters: { send: async (sent: readonly Outgoing[]) => void letters.push(...sent) } },
    bridge,
    createLogger('bridge', 'silent'),
  ] as unknown as ConstructorParameters<typeof InboundConsumers>;
  inbound = new InboundConsumers(...parts);
  running = inbound.run(stop.signal);
  await settle();
});
afterEach(async () => {
  stop.abort();
  await settle();
  await running;
  jest.useRealTimers();
});

const receive = (...texts: string[]): Promise<void> | undefined =>
  consumers.get(`turnstream-bridge.${topic}`)?.batch(0, ...texts);
const shown = (name: string): Promise<string> => metrics.registry.getSingleMetricAsString(name);

describe('the metrics show', () => {
  test('updates that concern no session', async () => {
    await receive('0', '1', '0');
    expect(await shown('bridge_unmatched_total')).toContain('{topic="orders.events",app="bridge"} 2');
  });

  test('dead letters by their reason', async () => {
    await receive('no', '1');
    expect(letters).toHaveLength(1);
    const counted = '{topic="orders.events",reason="refused",app="bridge"} 1';
    expect(await shown('bridge_dead_letters_total')).toContain(counted);
  });

  test('the events recorded, and the messages received', async () => {
    await receive('3', '0');
    expect(await shown('bridge_events_recorded_total')).toContain('} 3');
    expect(await shown('bridge_messages_total')).toContain('} 2');
  });

  test('the topics that are read', async () => {
    consumers.get(`turnstream-bridge.replies`)?.emit('crash', { error: new Error('forbidden') });
    await settle();
    expect(inbound.topics).toEqual({ [topic]: 'read', [repliesTopic]: 'forbidden' });
    const read = await shown('bridge_topic_read');
    expect(read).toContain('{topic="orders.events",app="bridge"} 1');
    expect(read).toContain('{topic="inquiry.replies",app="bridge"} 0');
  });
});
