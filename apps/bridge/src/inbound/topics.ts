import { repliesTopic } from '#messaging';
import type { BridgeConfig } from '../common/config.ts';

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
