import type { Admin, Kafka } from 'kafkajs';
import { repliesTopic } from '#messaging';
import type { BridgeConfig } from '../common/config.ts';

/** Connects an administrative client for some work. */
export async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** The group whose offsets that of a topic begins with: of the time before there were cells, or when topics had one in common. */
export function formerGroupOf(
  { groupId, formerGroupId }: Pick<BridgeConfig, 'groupId' | 'formerGroupId'>,
  topic: string,
): string | undefined {
  if (formerGroupId !== undefined) return groupOf(formerGroupId, topic);
  return topic === repliesTopic ? undefined : `${groupId}.events`;
}

/** The consumer group of a topic. That of the replies keeps the name of the time when the others had one in common. */
export function groupOf(groupId: string, topic: string): string {
  return `${groupId}.${topic === repliesTopic ? 'replies' : topic}`;
}
