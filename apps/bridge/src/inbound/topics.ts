import type { Kafka } from 'kafkajs';
import type { TopicNames, TopicSettings } from '#messaging';
import { ensureTopics, topicPlans } from '#messaging';

/** Creates the topics that are missing, and brings the others to what is configured; what was done, a line each. */
export async function createTopics(
  kafka: Kafka,
  names: TopicNames,
  settings: TopicSettings,
): Promise<string[]> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await ensureTopics(admin, topicPlans(names, settings));
  } finally {
    await admin.disconnect();
  }
}
