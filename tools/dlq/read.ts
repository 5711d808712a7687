import { randomUUID } from 'node:crypto';
import type { Admin, Kafka } from 'kafkajs';
import { declared } from '#declarations';
import type { Coordinates, DeadLetter } from '#messaging';
import { deadLetterTopic, readDeadLetter, readTopics } from '#messaging';

/** A dead letter and where it lies. */
export interface Found {
  readonly at: Coordinates;
  readonly letter: DeadLetter;
}

/** All dead letters, the oldest of each topic first. */
export async function readDeadLetters(kafka: Kafka, admin: Admin): Promise<Found[]> {
  const known = new Set(await admin.listTopics());
  const topics = readTopics(declared().names)
    .map(deadLetterTopic)
    .filter((topic) => known.has(topic));
  const ends = new Map<string, bigint>();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (BigInt(high) > BigInt(low)) ends.set(`${topic}/${partition}`, BigInt(high));
    }
  }
  return readUpTo(kafka, ends);
}

async function readUpTo(kafka: Kafka, ends: Map<string, bigint>): Promise<Found[]> {
  const topics = [...new Set([...ends.keys()].map((name) => name.slice(0, name.lastIndexOf('/'))))];
  if (topics.length === 0) return [];
  const groupId = `turnstream-dlq-reader.${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200 });
  const found: Found[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const run = consumer.run({
        autoCommit: false,
        eachMessage: async ({ topic, partition, message }) => {
          const letter = readDeadLetter(message);
          if (letter) found.push({ at: { topic, partition, offset: message.offset }, letter });
          const name = `${topic}/${partition}`;
          if (BigInt(message.offset) + 1n >= (ends.get(name) ?? 0n)) ends.delete(name);
          if (ends.size === 0) resolve();
        },
      });
      run.catch(reject);
    });
  } finally {
    await consumer.disconnect();
    await deleteGroup(kafka, groupId);
  }
  return found.sort(inOrder);
}

async function deleteGroup(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.deleteGroups([groupId]).catch(() => undefined);
  await admin.disconnect();
}

function inOrder({ at: a }: Found, { at: b }: Found): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition || Number(BigInt(a.offset) - BigInt(b.offset));
}
