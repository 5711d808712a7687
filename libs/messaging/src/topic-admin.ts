import type { Admin } from 'kafkajs';
import kafkajs from 'kafkajs';
import type { TopicPlan } from './topics.ts';

const { ConfigResourceTypes, ConfigSource } = kafkajs;
const type = ConfigResourceTypes.TOPIC;

/** A setting of an existing topic that is not as planned. */
export interface TopicDifference {
  readonly topic: string;
  /** A name of Kafka's, or `partitions`. */
  readonly setting: string;
  readonly is: string;
  readonly would_be: string;
}

/** Creates the topics that are missing, and leaves the others alone. @returns the names of those created */
export async function createMissing(admin: Admin, plans: readonly TopicPlan[]): Promise<string[]> {
  const known = new Set(await admin.listTopics());
  const missing = plans.filter(({ topic }) => !known.has(topic));
  if (missing.length === 0) return [];
  const topics = missing.map(({ topic, partitions, replication, settings }) => ({
    topic,
    numPartitions: partitions,
    replicationFactor: replication,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
  }));
  // Whether their leaders are there is nothing to wait for: kafkajs takes a topic that is not known yet for an error.
  await admin.createTopics({ topics, waitForLeaders: false });
  return missing.map(({ topic }) => topic);
}

/** What of the existing topics is not as planned. More partitions than planned are none: they are never removed. */
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
  return present.flatMap(({ topic, partitions, settings }) => {
    const count = topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    const entries = resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
    const different = Object.entries(settings).flatMap(([setting, would_be]) => {
      const is = entries.find(({ configName }) => configName === setting)?.configValue ?? '';
      return is === would_be ? [] : [{ topic, setting, is, would_be }];
    });
    const isShort = count < partitions;
    const ofPartitions = { topic, setting: 'partitions', is: String(count), would_be: String(partitions) };
    return isShort ? [ofPartitions, ...different] : different;
  });
}

/**
 * Brings existing topics to what is planned. Kafka's client replaces all settings of a topic at once, so whatever else was
 * set for it is set again.
 */
export async function applyDifferences(admin: Admin, differences: readonly TopicDifference[]): Promise<void> {
  const ofPartitions = differences.filter(({ setting }) => setting === 'partitions');
  const topicPartitions = ofPartitions.map(({ topic, would_be }) => ({ topic, count: Number(would_be) }));
  if (topicPartitions.length > 0) await admin.createPartitions({ topicPartitions });
  const changes = Map.groupBy(
    differences.filter(({ setting }) => setting !== 'partitions'),
    ({ topic }) => topic,
  );
  for (const [topic, changed] of changes) {
    const settings = await settingsOf(admin, topic);
    for (const { setting, would_be } of changed) settings.set(setting, would_be);
    const configEntries = [...settings].map(([name, value]) => ({ name, value }));
    await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] });
  }
}

/** What was set for a topic itself; all else comes from its broker. */
async function settingsOf(admin: Admin, topic: string): Promise<Map<string, string>> {
  const { resources } = await admin.describeConfigs({
    resources: [{ type, name: topic }],
    includeSynonyms: false,
  });
  const own =
    resources[0]?.configEntries.filter((entry) => entry.configSource === ConfigSource.TOPIC_CONFIG) ?? [];
  return new Map(own.map(({ configName, configValue }) => [configName, configValue]));
}
