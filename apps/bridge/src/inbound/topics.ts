import type { Kafka } from 'kafkajs';
import { defaultInquiryKinds, sourcesOf } from '#domain';
import type { TopicSettings } from '#messaging';
import { ensureTopics, topicPlans } from '#messaging';

/** Creates the topics that are missing, and brings the others to what is configured; what was done, a line each. */
export async function createTopics(kafka: Kafka, settings: TopicSettings): Promise<string[]> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await ensureTopics(admin, topicPlans(sourcesOf(defaultInquiryKinds), settings));
  } finally {
    await admin.disconnect();
  }
}
