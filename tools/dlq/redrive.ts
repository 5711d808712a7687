import type { Admin, Kafka } from 'kafkajs';
import { deadLetterTopic, Publisher, readTopics, redriven } from '#messaging';
import type { Found } from './read.ts';
import { readDeadLetters } from './read.ts';

/** The group whose offsets say which dead letters were sent once more. */
const groupId = 'turnstream-dlq-redrive';

/**
 * Sends every dead letter that was not sent yet: each once, however often this is called. Messages that were sent and
 * came back are left alone, unless `again`.
 */
export async function redriveAll(kafka: Kafka, admin: Admin, again = false): Promise<Found[]> {
  const done = await redrivenUpTo(admin);
  const waiting = await readDeadLetters(kafka, admin, done);
  const chosen = waiting.filter(({ letter }) => again || !('redriven_from' in letter.headers));
  const publisher = new Publisher(kafka);
  try {
    await publisher.send(chosen.map(({ letter, at }) => redriven(letter, at)));
  } finally {
    await publisher.close();
  }
  await remember(admin, waiting);
  return chosen;
}

/** Sends one dead letter once more, whether or not it was sent before. */
export async function redriveOne(kafka: Kafka, { letter, at }: Found): Promise<void> {
  const publisher = new Publisher(kafka);
  try {
    await publisher.send([redriven(letter, at)]);
  } finally {
    await publisher.close();
  }
}

async function redrivenUpTo(admin: Admin): Promise<Map<string, bigint>> {
  const known = new Set(await admin.listTopics());
  const topics = readTopics.map(deadLetterTopic).filter((topic) => known.has(topic));
  const offsets = await admin.fetchOffsets({ groupId, topics });
  const entries = offsets.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset }): [string, bigint] => {
      const position = BigInt(offset);
      return [`${topic}/${partition}`, position < 0n ? 0n : position];
    }),
  );
  return new Map(entries);
}

async function remember(admin: Admin, sent: readonly Found[]): Promise<void> {
  const topics = [...new Set(sent.map(({ at }) => at.topic))];
  for (const topic of topics) {
    const last = new Map(
      sent.filter(({ at }) => at.topic === topic).map(({ at }) => [at.partition, at.offset]),
    );
    const partitions = [...last].map(([partition, offset]) => ({
      partition,
      offset: String(BigInt(offset) + 1n),
    }));
    await admin.setOffsets({ groupId, topic, partitions });
  }
}
