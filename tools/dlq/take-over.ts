import type { Admin } from 'kafkajs';
import type { Services } from './dead-letters.ts';
import { cameBack, processOpen } from './dead-letters.ts';
import type { Found } from './read.ts';
import { boundsOf, deadLetterTopics } from './read.ts';

/**
 * Earlier versions stored redriven letters as offsets of these groups: first redrives, and redrives of letters that
 * came back.
 */
const groups = { first: 'turnstream-dlq-redrive', again: 'turnstream-dlq-redrive-again' };

/** Marks the letters that earlier versions redrove, once; then deletes their groups, whose offsets would expire. */
export async function takeOverGroups(services: Services): Promise<void> {
  const { admin } = services;
  const topics = await deadLetterTopics(services);
  const [first, again] = [
    await sentUpTo(admin, groups.first, topics),
    await sentUpTo(admin, groups.again, topics),
  ];
  const used = Object.values(groups).filter((_, index) => ([first, again][index]?.size ?? 0) > 0);
  if (used.length === 0) return;
  const isSent = (item: Found): boolean =>
    item.offset < ((cameBack(item) ? again : first).get(`${item.topic}/${item.partition}`) ?? 0n);
  await processOpen(services, await boundsOf(admin, topics), 'redriven', isSent);
  await admin.deleteGroups(used);
}

/** For each part, the offset before which a group has redriven everything. */
async function sentUpTo(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
): Promise<Map<string, bigint>> {
  if (topics.length === 0) return new Map();
  const found = await admin.fetchOffsets({ groupId, topics: [...topics] });
  return new Map(
    found.flatMap(({ topic, partitions }) =>
      partitions.flatMap(({ partition, offset }) =>
        BigInt(offset) < 0n ? [] : [[`${topic}/${partition}`, BigInt(offset)] as const],
      ),
    ),
  );
}
