import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Admin, Kafka } from 'kafkajs';
import kafkajs from 'kafkajs';
import type { TopicPlan } from '#messaging';
import { applyDifferences, createKafka, createMissing, differencesOf } from '#messaging';
import { waitUntil } from '#platform';
import { checkTopics } from './topics.ts';

const { ConfigResourceTypes } = kafkajs;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
let kafka: Kafka;
let admin: Admin;
beforeAll(async () => {
  const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');
  kafka = createKafka({ connection: { brokers }, clientId: 'topics-spec', log: silent });
  admin = kafka.admin();
  await admin.connect();
});
afterAll(async () => {
  await admin.disconnect();
});

async function stateOf(topic: string): Promise<string> {
  const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic }];
  const { resources: found } = await admin.describeConfigs({ resources, includeSynonyms: true });
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  return JSON.stringify({ configs: found[0]?.configEntries, partitions: topics[0]?.partitions.length });
}

async function createUnusual(topic: string): Promise<void> {
  const settings = { 'cleanup.policy': 'compact', 'retention.ms': '12345', 'compression.type': 'lz4' };
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }], waitForLeaders: false });
  await untilThere(topic);
}

/** The broker creates and deletes topics a little later. */
async function untilThere(topic: string): Promise<void> {
  const isThere = (): Promise<boolean> =>
    admin.fetchTopicMetadata({ topics: [topic] }).then(
      () => true,
      () => false,
    );
  await waitUntil(isThere, { what: `topic ${topic}`, everyMs: 50 });
}

const planOf = (topic: string): TopicPlan => ({
  topic,
  partitions: 3,
  replication: 1,
  settings: { 'retention.ms': '3600000', 'cleanup.policy': 'delete' },
});

test('a topic of other people is unchanged, byte for byte, after ten starts of a bridge', async () => {
  const plan = planOf(`spec-${randomUUID()}`);
  const { topic } = plan;
  await createUnusual(topic);
  const before = await stateOf(topic);
  for (let start = 1; start <= 10; start += 1) {
    const { created, differences } = await checkTopics(kafka, [plan], true);
    expect(created).toEqual([]);
    expect(differences).toContainEqual({
      topic,
      setting: 'cleanup.policy',
      is: 'compact',
      would_be: 'delete',
    });
  }
  expect(await stateOf(topic)).toBe(before);
});

test('a missing topic is created as configured', async () => {
  const plan = planOf(`spec-${randomUUID()}`);
  expect(await createMissing(admin, [plan])).toEqual([plan.topic]);
  await untilThere(plan.topic);
  expect(await differencesOf(admin, [plan])).toEqual([]);
});

test('what differs is applied only when told to, and other settings stay', async () => {
  const plan = planOf(`spec-${randomUUID()}`);
  await createUnusual(plan.topic);
  expect(await createMissing(admin, [plan])).toEqual([]);
  const differences = await differencesOf(admin, [plan]);
  expect(differences.map(({ setting }) => setting)).toEqual(['partitions', 'retention.ms', 'cleanup.policy']);
  await applyDifferences(admin, differences);
  expect(await differencesOf(admin, [plan])).toEqual([]);
  expect(await stateOf(plan.topic)).toContain('"configName":"compression.type","configValue":"lz4"');
});

test('more partitions than planned are no difference', async () => {
  const plan = planOf(`spec-${randomUUID()}`);
  await createMissing(admin, [{ ...plan, partitions: 5 }]);
  await untilThere(plan.topic);
  expect(await differencesOf(admin, [plan])).toEqual([]);
});
