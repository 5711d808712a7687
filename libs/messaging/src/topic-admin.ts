import type { Admin, KafkaJSProtocolError } from 'kafkajs';
import kafkajs from 'kafkajs';
import type { TopicPlan } from './topics.ts';

const { ConfigResourceTypes, ConfigSource, KafkaJSAggregateError } = kafkajs;
const type = ConfigResourceTypes.TOPIC;

/** A setting of an existing topic that differs from the plan. */
export interface TopicDifference {
  readonly topic: string;
  /** A setting name of Kafka, `partitions` or `replication`. */
  readonly setting: string;
  readonly is: string;
  readonly would_be: string;
  /** Why it cannot be applied. */
  readonly obstacle?: string;
}

/** The result for missing topics; a topic that another process created meanwhile is in neither list. */
interface TopicCreation {
  readonly created: readonly string[];
  readonly failed: readonly { readonly topic: string; readonly reason: string }[];
}

/** Creates the missing topics, each separately, and leaves the others unchanged. */
export async function createMissing(admin: Admin, plans: readonly TopicPlan[]): Promise<TopicCreation> {
  const known = new Set(await admin.listTopics());
  const missing = plans.filter(({ topic }) => !known.has(topic));
  if (missing.length === 0) return { created: [], failed: [] };
  const topics = missing.map(({ topic, partitions, replication, settings }) => ({
    topic,
    numPartitions: partitions,
    replicationFactor: replication,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
  }));
  // Does not wait for their leaders: kafkajs treats a topic that is not known yet as an error.
  const errors = await admin.createTopics({ topics, waitForLeaders: false }).then(() => [], creationErrors);
  const failed = errors.filter(({ type: reason }) => reason !== 'TOPIC_ALREADY_EXISTS');
  return {
    created: missing.map(({ topic }) => topic).filter((name) => !errors.some(({ topic }) => topic === name)),
    failed: failed.map(({ topic, message }) => ({ topic, reason: message })),
  };
}

type CreationError = KafkaJSProtocolError & { readonly topic: string };

/** The errors of individual topics. @throws any other error */
function creationErrors(error: unknown): CreationError[] {
  if (error instanceof KafkaJSAggregateError) return error.errors as CreationError[];
  throw error;
}

/** The differences of existing topics from the plan. More partitions or replicas than planned are no difference: they are never removed. */
export async function differencesOf(admin: Admin, plans: readonly TopicPlan[]): Promise<TopicDifference[]> {
  const known = new Set(await admin.listTopics());
  const present = plans.filter(({ topic }) => known.has(topic));
  if (present.length === 0) return [];
  const { topics } = await admin.fetchTopicMetadata({ topics: present.map(({ topic }) => topic) });
  const { resources } = await admin.describeConfigs({
    resources: present.map(({ topic, settings }) => ({
      type,
      name: topic,
      configNames: Object.keys(settings),
    })),
    includeSynonyms: false,
  });
  return present.flatMap(({ topic, partitions, replication, settings }) => {
    const found = topics.find(({ name }) => name === topic)?.partitions ?? [];
    const replicas = Math.min(...found.map((partition) => partition.replicas.length));
    const entries = resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
    const different = Object.entries(settings).flatMap(([setting, would_be]): TopicDifference[] => {
      const is = entries.find(({ configName }) => configName === setting)?.configValue ?? '';
      if (is === would_be) return [];
      // With more than its replicas, nothing could be written to the topic.
      const isTooMany = setting === 'min.insync.replicas' && Number(would_be) > replicas;
      return [{ topic, setting, is, would_be, ...(isTooMany && { obstacle: replicasOf(replicas) }) }];
    });
    return [
      ...fewer({ topic, setting: 'partitions' }, found.length, partitions),
      ...fewer({ topic, setting: 'replication', obstacle: onlyByBrokers }, replicas, replication),
      ...different,
    ];
  });
}

const onlyByBrokers = 'kafka-reassign-partitions adds replicas';

function replicasOf(count: number): string {
  return `the topic has ${count} replica${count === 1 ? '' : 's'}`;
}

function fewer(
  of: Pick<TopicDifference, 'topic' | 'setting' | 'obstacle'>,
  is: number,
  wanted: number,
): TopicDifference[] {
  return is < wanted ? [{ ...of, is: String(is), would_be: String(wanted) }] : [];
}

/**
 * Applies the plan to existing topics, except differences with an obstacle. Kafka's client replaces all settings of a topic at once,
 * so the topic's other settings are sent again.
 */
export async function applyDifferences(admin: Admin, differences: readonly TopicDifference[]): Promise<void> {
  const applicable = differences.filter(({ obstacle }) => obstacle === undefined);
  const ofPartitions = applicable.filter(({ setting }) => setting === 'partitions');
  const topicPartitions = ofPartitions.map(({ topic, would_be }) => ({ topic, count: Number(would_be) }));
  if (topicPartitions.length > 0) await admin.createPartitions({ topicPartitions });
  const changes = Map.groupBy(
    applicable.filter(({ setting }) => setting !== 'partitions'),
    ({ topic }) => topic,
  );
  for (const [topic, changed] of changes) {
    const settings = await settingsOf(admin, topic);
    for (const { setting, would_be } of changed) settings.set(setting, would_be);
    const configEntries = [...settings].map(([name, value]) => ({ name, value }));
    await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] });
  }
}

/** The settings of the topic itself; all others come from its broker. */
async function settingsOf(admin: Admin, topic: string): Promise<Map<string, string>> {
  const { resources } = await admin.describeConfigs({
    resources: [{ type, name: topic }],
    includeSynonyms: false,
  });
  const own =
    resources[0]?.configEntries.filter((entry) => entry.configSource === ConfigSource.TOPIC_CONFIG) ?? [];
  return new Map(own.map(({ configName, configValue }) => [configName, configValue]));
}
