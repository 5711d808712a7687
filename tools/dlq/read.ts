import { randomUUID } from 'node:crypto';
import type { Admin, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { DeadLetter } from '#messaging';
import { deadLetterTopic, readDeadLetter } from '#messaging';
import type { DataKeys } from '#privacy';
import { openLetter } from '../../apps/bridge/src/common/sealed-letters.ts';
import type { Part } from './marks.ts';
import type { Place } from './place.ts';
import { comparePlaces } from './place.ts';

/** A dead letter with its place and the time when it was written (ms). */
export interface Found extends Place {
  readonly time: number;
  readonly letter: DeadLetter;
}

/** The offsets of a part that hold messages: from `low`, before `high`. */
export interface Bounds extends Part {
  readonly low: bigint;
  readonly high: bigint;
}

/** Letters in the order of their part, and the offset after them. */
interface Page {
  readonly letters: readonly Found[];
  readonly next: bigint;
}

/** Receives a page and returns the offset to continue from, at least `next`; undefined: stop reading. */
type Take = (part: Bounds, page: Page) => Promise<bigint | undefined>;

/** How long Kafka may send nothing although messages exist (ms). */
const silenceMs = 60_000;

/** The Kafka to read from, and the topics whose dead letters are read: by default all, including undeclared ones. */
export interface Source {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly topics?: readonly string[];
  /** Decrypts sealed letters. */
  readonly keys?: DataKeys | undefined;
}

/** The existing dead letter topics. */
export async function deadLetterTopics({ admin, topics }: Omit<Source, 'kafka'>): Promise<string[]> {
  const known = await admin.listTopics();
  const wanted = topics && new Set(topics.map(deadLetterTopic));
  return known.filter((topic) => wanted?.has(topic) ?? topic.endsWith(deadLetterTopic(''))).sort();
}

/** The parts of topics, in the order of `comparePlaces`. */
export async function boundsOf(admin: Admin, topics: readonly string[]): Promise<Bounds[]> {
  const all = topics.map(async (topic) =>
    (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
      topic,
      partition,
      low: BigInt(low),
      high: BigInt(high),
    })),
  );
  const parts = (await Promise.all(all)).flat();
  return parts.sort((a, b) => comparePlaces({ ...a, offset: 0n }, { ...b, offset: 0n }));
}

/** Every dead letter, in the order of `comparePlaces`. */
export async function readDeadLetters(source: Source): Promise<Found[]> {
  const found: Found[] = [];
  await readParts(source, await boundsOf(source.admin, await deadLetterTopics(source)), async (_, page) => {
    found.push(...page.letters);
    return page.next;
  });
  return found.sort(comparePlaces);
}

/** The dead letters at these places, without reading those in between. */
export async function readPlaces(source: Source, places: readonly Place[]): Promise<Found[]> {
  const parts = await boundsOf(source.admin, await deadLetterTopics(source));
  const wanted = (part: Bounds, from: bigint): bigint | undefined =>
    places
      .filter(
        ({ topic, partition, offset }) =>
          topic === part.topic && partition === part.partition && offset >= from,
      )
      .sort(comparePlaces)[0]?.offset;
  const ranges = parts.flatMap((part) => {
    const low = wanted(part, part.low);
    return low === undefined || low >= part.high ? [] : [{ ...part, low }];
  });
  const found: Found[] = [];
  await readParts(source, ranges, async (part, { letters, next }) => {
    found.push(...letters.filter((letter) => places.some((place) => comparePlaces(place, letter) === 0)));
    return wanted(part, next);
  });
  return found.sort(comparePlaces);
}

/**
 * Reads parts page by page, each from its `low` on, as long as `take` continues and at most up to its `high`. Skipped
 * letters are not read.
 */
export async function readParts(
  { kafka, admin, keys }: Source,
  parts: readonly Bounds[],
  take: Take,
): Promise<void> {
  const left = new Map(parts.filter(({ low, high }) => low < high).map((part) => [nameOf(part), part]));
  if (left.size === 0) return;
  const groupId = `turnstream-dlq-reader.${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200 });
  const { promise: read, resolve, reject } = Promise.withResolvers<void>();
  const silence = setTimeout(() => reject(new Error('Kafka sends no messages')), silenceMs);
  const eachBatch = async ({ batch: { topic, partition, messages } }: EachBatchPayload): Promise<void> => {
    silence.refresh();
    const part = left.get(nameOf({ topic, partition }));
    const next = BigInt(messages.at(-1)?.offset ?? -1) + 1n;
    if (part === undefined || next <= part.low) return;
    // After an error the client would repeat this call for ever.
    const goOn = await lettersOf(part, messages, keys)
      .then((letters) => take(part, { letters, next }))
      .catch(reject);
    if (goOn === undefined || goOn >= part.high) {
      left.delete(nameOf(part));
      consumer.pause([{ topic, partitions: [partition] }]);
      if (left.size === 0) resolve();
      return;
    }
    left.set(nameOf(part), { ...part, low: goOn });
    if (goOn > next) consumer.seek({ topic, partition, offset: String(goOn) });
  };
  try {
    const topics = [...new Set([...left.values()].map(({ topic }) => topic))];
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error));
    consumer.on(consumer.events.GROUP_JOIN, () => {
      for (const { topic, partition, low } of left.values())
        consumer.seek({ topic, partition, offset: String(low) });
    });
    consumer.run({ autoCommit: false, eachBatch }).catch(reject);
    await read;
  } finally {
    clearTimeout(silence);
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
  }
}

async function lettersOf(
  { topic, partition, low, high }: Bounds,
  messages: readonly KafkaMessage[],
  keys: DataKeys | undefined,
): Promise<Found[]> {
  const found: Found[] = [];
  for (const message of messages) {
    const offset = BigInt(message.offset);
    const letter = offset >= low && offset < high ? readDeadLetter(message) : undefined;
    if (letter === undefined) continue;
    const opened = await openLetter(keys, letter);
    found.push({ topic, partition, offset, time: Number(message.timestamp), letter: opened });
  }
  return found;
}

/** The key of a part. */
export const nameOf = ({ topic, partition }: Part): string => `${topic}/${partition}`;
