import type { Kafka } from 'kafkajs';
import type { TopicDifference, TopicPlan } from '#messaging';
import { createMissing, differencesOf, repliesTopic } from '#messaging';

export interface TopicCheck {
  readonly created: readonly string[];
  /** What other people's settings, or older ones of ours, are instead; nothing changes them. */
  readonly differences: readonly TopicDifference[];
}

/** Compares topics with what is planned, and creates those that are missing, if that is wanted. */
export async function checkTopics(
  kafka: Kafka,
  plans: readonly TopicPlan[],
  isCreating: boolean,
): Promise<TopicCheck> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const differences = await differencesOf(admin, plans);
    return { created: isCreating ? await createMissing(admin, plans) : [], differences };
  } finally {
    await admin.disconnect();
  }
}

/** The consumer group of a topic. That of the replies keeps the name of the time when the others had one in common. */
export function groupOf(groupId: string, topic: string): string {
  return `${groupId}.${topic === repliesTopic ? 'replies' : topic}`;
}
