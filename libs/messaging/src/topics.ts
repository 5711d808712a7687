import type { Admin, ITopicConfig } from 'kafkajs';
import kafkajs from 'kafkajs';

const { ConfigResourceTypes } = kafkajs;

export const repliesTopic = 'inquiry.replies';
export const conversationTopic = 'conversation.events';

export function requestsTopic(source: string): string {
  return `inquiry.requests.${source}`;
}

export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`;
}

/** The topics that this system reads; each has its dead letters. */
export function readTopics({ incoming }: Pick<TopicNames, 'incoming'>): string[] {
  return [...incoming, repliesTopic];
}

/** The names that differ from one installation to another. */
export interface TopicNames {
  /** The topics of other systems. */
  readonly incoming: readonly string[];
  /** The systems that inquiries ask. */
  readonly sources: readonly string[];
}

export interface TopicSettings {
  readonly partitions: number;
  readonly replication: number;
  readonly retentionHours: number;
  /** Dead letters are kept longer, since people look at them. */
  readonly deadLetterRetentionHours: number;
}

interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  readonly retentionMs: number;
  /** Larger than a broker's own limit. */
  readonly maxMessageBytes?: number;
  /** Stored uncompressed, however the sender compresses: the client of this system decompresses gzip only. */
  readonly uncompressed?: true;
}

/** A dead letter is larger than its message, which may be as large as a broker takes (1 MiB). */
const deadLetterBytes = 2 * 1_048_576;

/** Every topic, with its partitions and retention. */
export function topicPlans(names: TopicNames, settings: TopicSettings): TopicPlan[] {
  const { partitions, replication } = settings;
  const hour = 3_600_000;
  const live = { partitions, replication, retentionMs: settings.retentionHours * hour };
  const read = readTopics(names).map((topic) => ({ topic, ...live, uncompressed: true as const }));
  const written = [conversationTopic, ...names.sources.map(requestsTopic)].map((topic) => ({
    topic,
    ...live,
  }));
  const dead = readTopics(names).map((topic) => ({
    topic: deadLetterTopic(topic),
    partitions: 1,
    replication,
    retentionMs: settings.deadLetterRetentionHours * hour,
    maxMessageBytes: deadLetterBytes,
  }));
  return [...read, ...written, ...dead];
}

/**
 * Creates the topics that are missing, adds missing partitions and sets retention and size. It never removes partitions.
 * @returns what was done, a line each
 */
export async function ensureTopics(admin: Admin, plans: readonly TopicPlan[]): Promise<string[]> {
  const known = new Set(await admin.listTopics());
  const missing = plans.filter(({ topic }) => !known.has(topic));
  if (missing.length > 0) await admin.createTopics({ topics: missing.map(toConfig), waitForLeaders: true });
  const present = plans.filter(({ topic }) => known.has(topic));
  const grown = await addPartitions(admin, present);
  const kept = await configure(admin, present);
  return [
    ...missing.map(({ topic, partitions }) => `${topic}: created with ${partitions} partitions`),
    ...grown,
    ...kept,
  ];
}

function toConfig(plan: TopicPlan): ITopicConfig {
  const { topic, partitions, replication } = plan;
  return {
    topic,
    numPartitions: partitions,
    replicationFactor: replication,
    configEntries: configOf(plan),
  };
}

function configOf({
  retentionMs,
  maxMessageBytes,
  uncompressed,
}: TopicPlan): { name: string; value: string }[] {
  const entries = [
    { name: 'retention.ms', value: String(retentionMs) },
    { name: 'cleanup.policy', value: 'delete' },
  ];
  if (maxMessageBytes !== undefined)
    entries.push({ name: 'max.message.bytes', value: String(maxMessageBytes) });
  if (uncompressed) entries.push({ name: 'compression.type', value: 'uncompressed' });
  return entries;
}

async function addPartitions(admin: Admin, plans: readonly TopicPlan[]): Promise<string[]> {
  if (plans.length === 0) return [];
  const { topics } = await admin.fetchTopicMetadata({ topics: plans.map(({ topic }) => topic) });
  const short = plans.filter(
    ({ topic, partitions }) =>
      (topics.find(({ name }) => name === topic)?.partitions.length ?? 0) < partitions,
  );
  if (short.length === 0) return [];
  const topicPartitions = short.map(({ topic, partitions }) => ({ topic, count: partitions }));
  await admin.createPartitions({ topicPartitions });
  return short.map(({ topic, partitions }) => `${topic}: now with ${partitions} partitions`);
}

async function configure(admin: Admin, plans: readonly TopicPlan[]): Promise<string[]> {
  if (plans.length === 0) return [];
  const type = ConfigResourceTypes.TOPIC;
  const { resources } = await admin.describeConfigs({
    resources: plans.map((plan) => ({
      type,
      name: plan.topic,
      configNames: configOf(plan).map(({ name }) => name),
    })),
    includeSynonyms: false,
  });
  const other = plans.filter((plan) => {
    const entries = resources.find(({ resourceName }) => resourceName === plan.topic)?.configEntries ?? [];
    const valueOf = (name: string): string | undefined =>
      entries.find(({ configName }) => configName === name)?.configValue;
    return configOf(plan).some(({ name, value }) => valueOf(name) !== value);
  });
  if (other.length === 0) return [];
  await admin.alterConfigs({
    validateOnly: false,
    resources: other.map((plan) => ({
      type,
      name: plan.topic,
      configEntries: configOf(plan),
    })),
  });
  return other.map(({ topic, retentionMs }) => `${topic}: keeps messages ${retentionMs / 3_600_000} h`);
}
