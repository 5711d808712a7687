import type { Admin, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { declared } from '#declarations';
import { deadLetterTopic, Publisher, readDeadLetter, readTopics, redriven } from '#messaging';
import type { Found } from './read.ts';

/** The groups whose offsets say which dead letters were sent once more: those that came first, and those that came back. */
const firstGroup = 'turnstream-dlq-redrive';
const againGroup = 'turnstream-dlq-redrive-again';

/**
 * Sends every dead letter that was not sent yet: each once, however often this is called. With `again` those that were
 * sent and came back, without it all others.
 * @returns how many were sent
 */
export async function redriveAll(kafka: Kafka, admin: Admin, again = false): Promise<number> {
  const groupId = again ? againGroup : firstGroup;
  const ends = await waitingUpTo(admin, groupId);
  if (ends.size === 0) return 0;
  const publisher = new Publisher(kafka, 'gzip');
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200 });
  let sent = 0;
  try {
    await consumer.connect();
    const topics = [...new Set([...ends.keys()].map((place) => place.slice(0, place.lastIndexOf('/'))))];
    await consumer.subscribe({ topics, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
        sent += await redriveBatch(payload, consumer, publisher, ends, again);
        if (ends.size === 0) resolve();
      };
      consumer.run({ autoCommit: false, eachBatchAutoResolve: true, eachBatch }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
    await publisher.close();
  }
  return sent;
}

/** Sends one dead letter once more, whether or not it was sent before. */
export async function redriveOne(kafka: Kafka, { letter, at }: Found): Promise<void> {
  const publisher = new Publisher(kafka, 'gzip');
  try {
    await publisher.send([redriven(letter, at)]);
  } finally {
    await publisher.close();
  }
}

/** Whether `redriveAll` sent a dead letter. */
export async function sentBefore(admin: Admin): Promise<(found: Found) => boolean> {
  const [first, again] = [await sentUpTo(admin, firstGroup), await sentUpTo(admin, againGroup)];
  return ({ at: { topic, partition, offset }, letter }) => {
    const sent = 'redriven_from' in letter.headers ? again : first;
    return BigInt(offset) < (sent.get(`${topic}/${partition}`) ?? -1n);
  };
}

async function redriveBatch(
  { batch: { topic, partition, messages } }: EachBatchPayload,
  consumer: Consumer,
  publisher: Publisher,
  ends: Map<string, bigint>,
  again: boolean,
): Promise<number> {
  const place = `${topic}/${partition}`;
  const end = ends.get(place) ?? 0n;
  const before = messages.filter(({ offset }) => BigInt(offset) < end);
  const chosen = before.flatMap((message) => {
    const letter = readDeadLetter(message);
    const cameBack = letter !== undefined && 'redriven_from' in letter.headers;
    if (letter === undefined || cameBack !== again) return [];
    return [redriven(letter, { topic, partition, offset: message.offset })];
  });
  await publisher.send(chosen);
  const last = before.at(-1);
  if (last === undefined) return 0;
  const next = BigInt(last.offset) + 1n;
  await consumer.commitOffsets([{ topic, partition, offset: String(next) }]);
  if (next >= end) ends.delete(place);
  return chosen.length;
}

/** Where the dead letters that were not sent yet end now, by topic and partition. */
async function waitingUpTo(admin: Admin, groupId: string): Promise<Map<string, bigint>> {
  const sent = await sentUpTo(admin, groupId);
  const ends = new Map<string, bigint>();
  for (const topic of await deadLetterTopics(admin)) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      const committed = sent.get(`${topic}/${partition}`) ?? -1n;
      const from = committed < BigInt(low) ? BigInt(low) : committed;
      if (from < BigInt(high)) ends.set(`${topic}/${partition}`, BigInt(high));
    }
  }
  return ends;
}

/** What the group committed, by topic and partition; -1: nothing yet. */
async function sentUpTo(admin: Admin, groupId: string): Promise<Map<string, bigint>> {
  const topics = await admin.fetchOffsets({ groupId, topics: await deadLetterTopics(admin) });
  return new Map(
    topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [`${topic}/${partition}`, BigInt(offset)]),
    ),
  );
}

async function deadLetterTopics(admin: Admin): Promise<string[]> {
  const known = new Set(await admin.listTopics());
  return readTopics(declared().names)
    .map(deadLetterTopic)
    .filter((topic) => known.has(topic));
}
