import { Kafka, logLevel } from 'kafkajs';
import type { Canaries } from './doors.ts';

const patienceMs = 10_000;

/** Which values the messages of conversation.events and of the dead letters hold. */
export async function findInTopics(brokers: string, group: string, canaries: Canaries): Promise<string[]> {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `${group}-canary-${Date.now()}` });
  const found = new Set<string>();
  let last = Date.now();
  await consumer.connect();
  await consumer.subscribe({ topics: [/^conversation\.events$/, /\.dlq$/], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ topic, message }) => {
      last = Date.now();
      const text = `${String(message.key)} ${String(message.value)} ${JSON.stringify(message.headers)}`;
      for (const [door, value] of Object.entries(canaries))
        if (text.includes(value)) found.add(`${topic}: ${door}`);
    },
  });
  while (Date.now() - last < patienceMs) await new Promise((resolve) => setTimeout(resolve, 200));
  await consumer.disconnect();
  return [...found].toSorted();
}
