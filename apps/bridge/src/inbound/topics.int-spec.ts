import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Admin, Kafka } from 'kafkajs';
import kafkajs from 'kafkajs';
import type { TopicPlan } from '#messaging';
import { applyDifferences, createKafka, createMissing, differencesOf, withAdmin } from '#messaging';
import { waitUntil } from '#platform';

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

/** The broker creates and deletes topics asynchronously. */
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

test('a topic of another owner is unchanged after ten starts of a bridge', async () => {
  const plan = planOf(`spec-${randomUUID()}`);
  const { topic } = plan;
  await createUnusual(topic);
  const before = await stateOf(topic);
  for (let start = 1; start <= 10; start += 1) {
    const differences = await withAdmin(kafka, (started) => differencesOf(started, [plan]));
    const creation = await withAdmin(kafka, (started) => createMissing(started, [plan]));
    expect(creation).toEqual({ created: [], failed: [] });
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
  expect(await createMissing(admin, [plan])).toEqual({ created: [plan.topic], failed: [] });
  await untilThere(plan.topic);
  expect(await differencesOf(admin, [plan])).toEqual([]);
});

test('differences are applied only on request, and other settings stay', async () => {
  const plan = planOf(`spec-${randomUUID()}`);
  await createUnusual(plan.topic);
  expect(await createMissing(admin, [plan])).toEqual({ created: [], failed: [] });
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

test('a topic that cannot be created is reported with the reason, and the others are created', async () => {
  const [good, bad] = [planOf(`spec-${randomUUID()}`), planOf(`spec-${randomUUID()}`)];
  const { created, failed } = await createMissing(admin, [{ ...bad, replication: 9 }, good]);
  expect(created).toEqual([good.topic]);
  expect(failed).toEqual([{ topic: bad.topic, reason: 'Replication-factor is invalid' }]);
});

test('a topic with fewer replicas keeps them, and a min.insync.replicas that it can have', async () => {
  const plan = planOf(`spec-${randomUUID()}`);
  await createMissing(admin, [plan]);
  await untilThere(plan.topic);
  const settings = { ...plan.settings, 'min.insync.replicas': '2', 'retention.ms': '7200000' };
  const wanted = { ...plan, replication: 3, settings };
  const differences = await differencesOf(admin, [wanted]);
  const blocked = differences.filter(({ obstacle }) => obstacle !== undefined);
  expect(blocked).toMatchObject([
    { setting: 'replication', is: '1', would_be: '3' },
    { setting: 'min.insync.replicas', is: '1', would_be: '2', obstacle: 'the topic has 1 replica' },
  ]);
  await applyDifferences(admin, differences);
  expect(await differencesOf(admin, [wanted])).toEqual(blocked);
});
