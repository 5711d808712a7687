import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Kafka } from 'kafkajs';
import { ConsumerLoop, createKafka, Publisher, withAdmin } from '#messaging';
import { loadKafkaConnection, waitUntil } from '#platform';
import { holdOpen } from './scenarios/hold-open.ts';
import { silent } from './scenarios/secure-kafka.ts';
import type { TwoBrokers } from './scenarios/two-brokers.ts';
import { withTwoBrokers } from './scenarios/two-brokers.ts';

const topic = 'leaderless-spec';
const held = holdOpen<TwoBrokers>(withTwoBrokers);
const stop = new AbortController();
const running: Promise<void>[] = [];
const publishers: Publisher[] = [];
let cluster: TwoBrokers;
let kafka: Kafka;

beforeAll(async () => {
  cluster = await held.open();
  kafka = createKafka({
    connection: loadKafkaConnection([...cluster.brokers], {}),
    clientId: 'leaderless-spec',
    log: silent,
  });
  const replicaAssignment = [1, 2].map((node) => ({ partition: node - 1, replicas: [node] }));
  await withAdmin(kafka, (admin) =>
    admin.createTopics({ topics: [{ topic, replicaAssignment }], waitForLeaders: false }),
  );
});
afterAll(async () => {
  stop.abort();
  await Promise.all(running);
  await Promise.all(publishers.map((publisher) => publisher.close()));
  await held.close();
});

/** A group that reads the topic from its beginning, and what it has read. */
function read(groupId: string): string[] {
  const found: string[] = [];
  const loop = new ConsumerLoop<string>({
    kafka,
    groupId,
    topic,
    log: silent,
    partitionsAtOnce: 2,
    chunkSize: 10,
    atOnce: 1,
    prepare: async (messages) => messages.map(({ value }) => String(value)),
    handle: async (text) => void found.push(text),
    isUnavailable: () => false,
    ready: async () => undefined,
    deadLetter: async () => undefined,
  });
  running.push(loop.run(stop.signal));
  return found;
}

function open(): Publisher {
  const publisher = new Publisher(kafka);
  publishers.push(publisher);
  return publisher;
}

const send = (publisher: Publisher, partition: number, value: string): Promise<void> =>
  publisher.send([{ topic, key: null, value, partition }]);

/** Sends it until it is there. */
const sendAtLast = (publisher: Publisher, partition: number, value: string): Promise<void> =>
  waitUntil(
    () =>
      send(publisher, partition, value).then(
        () => true,
        () => false,
      ),
    { what: `${value} sent`, everyMs: 100 },
  );

const until = (found: readonly string[], value: string): Promise<void> =>
  waitUntil(() => found.includes(value), { what: `${value} read`, everyMs: 50 });

async function isLeaderGone(): Promise<boolean> {
  try {
    const { topics } = await withAdmin(kafka, (admin) => admin.fetchTopicMetadata({ topics: [topic] }));
    return topics[0]?.partitions.some(({ leader }) => leader < 0) ?? false;
  } catch {
    // The client asked the broker that was killed.
    return false;
  }
}

test('a partition without a leader holds up no other, in both directions', async () => {
  const [publisher, early] = [open(), read('early')];
  await sendAtLast(publisher, 0, 'before');
  await sendAtLast(publisher, 1, 'before, too');
  await Promise.all([until(early, 'before'), until(early, 'before, too')]);

  await cluster.kill();
  await waitUntil(isLeaderGone, { what: 'a partition without a leader', everyMs: 200 });
  // The producer that was there.
  const failing = send(publisher, 1, 'lost');
  failing.catch(() => undefined);
  await send(publisher, 0, 'during');
  await expect(failing).rejects.toThrow('There is no leader for this topic-partition');
  const values = ['beside it', 'left'];
  const both = publisher.send(values.map((value, partition) => ({ topic, key: null, value, partition })));
  await expect(both).rejects.toMatchObject({ unsent: [{ value: 'left' }] });
  // One that begins now.
  await send(open(), 0, 'begun meanwhile');
  // The consumer that was there, and one that begins now.
  const late = read('late');
  for (const found of [early, late])
    for (const value of ['during', 'beside it', 'begun meanwhile']) await until(found, value);

  cluster.restart();
  await sendAtLast(publisher, 1, 'after');
  await Promise.all([until(early, 'after'), until(late, 'after'), until(late, 'before, too')]);
});
