import type { Admin } from 'kafkajs';
import { waitUntil } from '#platform';
import { kafkaOf } from '../../../tools/shared/kafka.ts';
import type { System } from '../system.ts';
import type { Canaries } from './doors.ts';

const patienceMs = 120_000;

/**
 * The values found in messages of conversation.events and of the dead letters. It reads every topic up to its end,
 * and until each of the `expected` texts was found: a message with all of its words.
 */
export async function findInTopics(
  system: System,
  canaries: Canaries,
  expected: readonly string[],
): Promise<string[]> {
  const kafka = kafkaOf('turnstream-canaries', system.env['KAFKA_BROKERS']);
  const admin = kafka.admin();
  const consumer = kafka.consumer({ groupId: `${system.kafkaGroup}-canary-${Date.now()}` });
  const [found, awaited] = [new Set<string>(), new Set(expected)];
  await Promise.all([admin.connect(), consumer.connect()]);
  const topics = (await admin.listTopics()).filter((topic) => /^conversation\.events$|\.dlq$/.test(topic));
  const unread = await endsOf(admin, topics);
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ topic, partition, message }) => {
      const headers = Object.entries(message.headers ?? {}).map(
        ([name, value]) => `${name}: ${String(value)}`,
      );
      const text = [placeOf(message.headers), message.key, message.value, ...headers].map(String).join('\n');
      for (const [door, value] of Object.entries(canaries))
        if (text.includes(value)) found.add(`${topic}: ${door}`);
      for (const words of awaited)
        if (words.split(' ').every((word) => text.includes(word))) awaited.delete(words);
      const place = `${topic}/${partition}`;
      if (BigInt(message.offset) + 1n >= (unread.get(place) ?? 0n)) unread.delete(place);
    },
  });
  const isRead = (): boolean => unread.size === 0 && awaited.size === 0;
  await waitUntil(isRead, { what: 'the topics to be read', timeoutMs: patienceMs, everyMs: 100 });
  await Promise.all([admin.disconnect(), consumer.disconnect()]);
  return [...found].toSorted();
}

/** The end offsets of the partitions that have messages. */
async function endsOf(admin: Admin, topics: readonly string[]): Promise<Map<string, bigint>> {
  const ends = new Map<string, bigint>();
  for (const topic of topics)
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
      if (BigInt(high) > BigInt(low)) ends.set(`${topic}/${partition}`, BigInt(high));
  return ends;
}

/** The origin of a dead letter's message. */
function placeOf(headers: Readonly<Record<string, unknown>> = {}): string {
  return ['topic', 'partition', 'offset'].map((name) => String(headers[`dead_letter_${name}`])).join('/');
}
