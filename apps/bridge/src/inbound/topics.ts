import type { Kafka } from 'kafkajs';
import { inquirySources } from '#domain';
import type { TopicDifference } from '#messaging';
import { createMissing, differencesOf, repliesTopic, topicPlans } from '#messaging';
import type { BridgeConfig } from '../common/config.ts';

export interface TopicCheck {
  readonly created: readonly string[];
  /** What other people's settings, or older ones of ours, are instead; nothing changes them. */
  readonly differences: readonly TopicDifference[];
}

/** Creates the topics that are missing, if that is wanted, and compares the others with what is configured. */
export async function checkTopics(
  kafka: Kafka,
  { topics, createTopics }: Pick<BridgeConfig, 'topics' | 'createTopics'>,
): Promise<TopicCheck> {
  const plans = topicPlans(inquirySources, topics);
  const admin = kafka.admin();
  try {
    await admin.connect();
    const differences = await differencesOf(admin, plans);
    return { created: createTopics ? await createMissing(admin, plans) : [], differences };
  } finally {
    await admin.disconnect();
  }
}

/** The consumer group of a topic. That of the replies keeps the name of the time when the others had one in common. */
export function groupOf(groupId: string, topic: string): string {
  return `${groupId}.${topic === repliesTopic ? 'replies' : topic}`;
}
