import { repliesTopic } from '#messaging';
import type { BridgeConfig } from '../common/config.ts';

/** The group whose offsets the group of a topic inherits: that from before there were cells, or from when topics shared one. */
export function formerGroupOf(
  { groupId, formerGroupId }: Pick<BridgeConfig, 'groupId' | 'formerGroupId'>,
  topic: string,
): string | undefined {
  if (formerGroupId !== undefined) return groupOf(formerGroupId, topic);
  return topic === repliesTopic ? undefined : `${groupId}.events`;
}

/** The consumer group of a topic. The group of the replies keeps the name from when topics shared one. */
export function groupOf(groupId: string, topic: string): string {
  return `${groupId}.${topic === repliesTopic ? 'replies' : topic}`;
}
