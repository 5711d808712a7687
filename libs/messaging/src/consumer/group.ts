import type { Admin, Kafka } from 'kafkajs';
import { withAdmin } from '../with-admin.ts';
import type { Committed, Suspects } from './work-marker.ts';
import { suspectsAt } from './work-marker.ts';

/** For each partition of a topic, the messages on which processes of the group died. */
export async function findSuspects(
  kafka: Pick<Kafka, 'admin'>,
  groupId: string,
  topic: string,
): Promise<Map<number, Suspects>> {
  return withAdmin(kafka, async (admin) => {
    const { groups } = await admin.describeGroups([groupId]);
    const members = groups.flatMap((group) => group.members);
    const suspects = new Map<number, Suspects>();
    for (const [partition, committed] of await committedOffsets(admin, groupId, topic)) {
      const found = suspectsAt(committed, members);
      if (found !== undefined) suspects.set(partition, found);
    }
    return suspects;
  });
}

/**
 * Starts a group at the offsets of another group, on each partition for which it has never committed.
 * @throws when not all offsets were set: another process may be setting some of them at the same time
 */
export async function inheritOffsets(
  kafka: Pick<Kafka, 'admin'>,
  { from, groupId, topic }: { readonly from: string; readonly groupId: string; readonly topic: string },
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const old = [...(await committedOffsets(admin, from, topic))].filter(([, { offset }]) => offset >= 0n);
    const missing = async (): Promise<typeof old> => {
      const own = await committedOffsets(admin, groupId, topic);
      return old.filter(([partition]) => (own.get(partition)?.offset ?? -1n) < 0n);
    };
    const partitions = (await missing()).map(([partition, { offset }]) => ({
      partition,
      offset: String(offset),
    }));
    if (partitions.length === 0) return;
    await admin.setOffsets({ groupId, topic, partitions });
    const left = (await missing()).map(([partition]) => partition);
    if (left.length > 0)
      throw new Error(
        `${groupId} did not take over the offsets of partitions ${left.join(', ')} of ${topic}`,
      );
  });
}

/** How many messages of each partition are not committed by a group. */
export async function lagOf(
  kafka: Pick<Kafka, 'admin'>,
  groupId: string,
  topic: string,
): Promise<Map<number, bigint>> {
  return withAdmin(kafka, async (admin) => {
    const committed = await committedOffsets(admin, groupId, topic);
    const ends = await admin.fetchTopicOffsets(topic);
    return new Map(
      ends.map(({ partition, low, high }) => {
        const offset = committed.get(partition)?.offset ?? -1n;
        const from = offset > BigInt(low) ? offset : BigInt(low);
        return [partition, BigInt(high) - from];
      }),
    );
  });
}

async function committedOffsets(
  admin: Admin,
  groupId: string,
  topic: string,
): Promise<Map<number, Committed>> {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const committed = found?.partitions.map(
    ({ partition, offset, metadata }) => [partition, { offset: BigInt(offset), metadata }] as const,
  );
  return new Map(committed);
}
