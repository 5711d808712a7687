import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Admin, Kafka } from 'kafkajs';
import kafkajs from 'kafkajs';
import { parseDeclarations } from '#declarations';
import { createKafka, deadLetterTopic, Publisher } from '#messaging';
import { createLogger, loadConfig, Metrics, waitUntil } from '#platform';
import type { Addressees } from '#read-models';
import { createTestTopics } from '../../../../libs/messaging/src/test-topics.ts';
import { BackingServices } from '../common/backing-services.ts';
import { loadBridgeConfig } from '../common/config.ts';
import { BridgeMetrics } from '../common/metrics.ts';
import { Producers } from '../common/producers.ts';
import { UrgentTasks } from '../common/urgent-tasks.ts';
import { IndexBehindError } from '../references/index-lag.ts';
import { UpdateRecorder } from '../updates/recorder.ts';
import { InboundConsumers } from './consumers.ts';
import { DeclaredEvents } from './declared-events.ts';
import { ExternalUpdates } from './external-updates.ts';
import { InquiryReplies } from './inquiry-replies.ts';

/** A topic of another owner, with settings of its own, which the bridge reads. */
const topic = `spec-${randomUUID()}`;
const settings = { 'cleanup.policy': 'compact', 'retention.ms': '7654321' };
const declarations = parseDeclarations(
  `
version: 1
channels: [whatsapp]
topics:
  ${topic}:
    system: depot
    format: json
    id: { pointer: /id }
    types: { moved: { kind: moved, references: { order: [/data/order] } } }
`,
  'f',
);
const metrics = new Metrics('bridge');
const lines: string[] = [];
/** How far the index is behind, in seconds. */
let behind: number | null = null;
let kafka: Kafka;
let admin: Admin;
let publisher: Publisher;
let producers: Producers;
const stop = new AbortController();
let running: Promise<void>;
let unchanged: string;

beforeAll(async () => {
  const config = loadConfig(process.env);
  const logger = createLogger('bridge', 'info', { write: (line) => void lines.push(line) });
  kafka = createKafka({ connection: config.kafka, clientId: 'consumers-spec', log: logger });
  admin = kafka.admin();
  publisher = new Publisher(kafka);
  await admin.connect();
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  await createTestTopics(admin, [
    { topic, numPartitions: 2, configEntries },
    { topic: deadLetterTopic(topic), numPartitions: 1 },
  ]);
  unchanged = await stateOf();
  producers = new Producers(config, logger);
  const bridge = new BridgeMetrics(metrics);
  const unavailable = { execute: async () => Promise.reject(new Error('no session')) };
  const updates = new ExternalUpdates(
    new DeclaredEvents(declarations),
    {
      first: async (all) => all.map(() => ({ sessions: [], next: undefined })),
      next: async () => undefined,
    },
    { keep: async (items) => items.map(() => '1'), markMatched: async () => undefined },
    {
      learn: async () => undefined,
      owners: async (all) => all.map(() => []),
      addressees: async (all) => all.map((): Addressees => ({ references: [], partner: null })),
    },
    new UpdateRecorder(unavailable),
    { obstacle: async () => (behind === null ? null : new IndexBehindError(behind)) },
    bridge,
    logger,
  );
  const consumers = new InboundConsumers(
    kafka,
    { ...loadBridgeConfig({}), createTopics: false, groupId: `spec-${topic}` },
    declarations,
    updates,
    new InquiryReplies(unavailable, { cell: undefined }),
    new UrgentTasks(),
    new BackingServices({ ping: async () => undefined }, config),
    producers,
    bridge,
    logger,
  );
  running = consumers.run(stop.signal);
});
afterAll(async () => {
  stop.abort();
  await running;
  await Promise.all([publisher.close(), producers.close(), admin.disconnect()]);
});

async function stateOf(): Promise<string> {
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }];
  const { resources: found } = await admin.describeConfigs({ resources, includeSynonyms: true });
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  return JSON.stringify({ configs: found[0]?.configEntries, partitions: topics[0]?.partitions.length });
}

async function send(): Promise<void> {
  const id = randomUUID();
  await publisher.send([{ topic, key: id, value: JSON.stringify({ id, order: 'O1' }) }]);
}

/** How often something was counted for the topic. */
async function countOf(metric: string): Promise<number> {
  const found = await metrics.registry.getSingleMetric(metric)?.get();
  return found?.values.find(({ labels }) => labels['topic'] === topic)?.value ?? 0;
}

async function untilReceived(count: number): Promise<void> {
  await waitUntil(async () => (await countOf('bridge_messages_total')) === count, { what: 'the message' });
}

async function sendAndWait(): Promise<void> {
  const before = await countOf('bridge_messages_total');
  await send();
  await untilReceived(before + 1);
}

/** Whether the log names each difference of the topic. */
async function isReported(): Promise<boolean> {
  return ['partitions', 'retention.ms', 'cleanup.policy'].every((setting) =>
    lines.some((line) => line.includes(topic) && line.includes(`"${setting}"`)),
  );
}

test('a starting bridge reports how a topic of another owner differs, and leaves it unchanged', async () => {
  await waitUntil(isReported, { what: 'the differences', everyMs: 50 });
  await sendAndWait();
  expect(await stateOf()).toBe(unchanged);
});

test('an update that concerns no session is counted as unmatched', async () => {
  const before = await countOf('bridge_unmatched_total');
  await sendAndWait();
  expect(await countOf('bridge_unmatched_total')).toBe(before + 1);
});

test('an update waits while the index is far behind, and is received afterwards', async () => {
  const before = await countOf('bridge_messages_total');
  behind = 72_000;
  await send();
  const isTried = async (): Promise<boolean> =>
    (await countOf('bridge_pauses_total')) + (await countOf('bridge_dead_letters_total')) > 0;
  await waitUntil(isTried, { what: 'the pause' });
  expect(await countOf('bridge_messages_total')).toBe(before);
  expect(await countOf('bridge_dead_letters_total')).toBe(0);
  behind = null;
  await untilReceived(before + 1);
});
