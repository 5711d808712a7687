import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Admin, Kafka, PartitionMetadata, Producer, ProducerConfig } from 'kafkajs';
import kafkajs from 'kafkajs';
import { deadLetterTopic, Publisher, writeDeadLetter } from '#messaging';
import { waitUntil } from '#platform';
import type { TestDatabase } from '../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../libs/platform/src/testing/test-services.ts';
import { createTestTopics } from '../../libs/messaging/src/test-topics.ts';
import { kafkaOf } from '../shared/kafka.ts';
import type { Services } from './dead-letters.ts';
import { at, discard, discardOpen, redrive, redriveOpen } from './dead-letters.ts';
import { list } from './list.ts';
import { parsePlace, placeText } from './place.ts';
import { takeOverGroups } from './take-over.ts';

const { KafkaJSProtocolError } = kafkajs;

/** New and empty for each test. */
let topic: string;
let dead: string;

let kafka: Kafka;
let admin: Admin;
let database: TestDatabase;
let publisher: Publisher;
let services: Services;
beforeAll(async () => {
  kafka = kafkaOf('dlq-spec');
  admin = kafka.admin();
  await admin.connect();
  publisher = new Publisher(kafka, 'gzip');
  database = await createTestDatabase();
});
beforeEach(async () => {
  await database.pool.query('TRUNCATE dead_letter_mark');
  topic = `dlq-spec-${randomUUID()}`;
  dead = deadLetterTopic(topic);
  services = { kafka, admin, pool: database.pool, topics: [topic] };
  await createTestTopics(
    admin,
    [topic, dead].map((name) => ({ topic: name, numPartitions: 1 })),
  );
});
afterAll(async () => {
  await publisher.close();
  await admin.disconnect();
  await database.drop();
});

/** Writes dead letters in one request each, so that each has its own batch. */
async function write(reasons: readonly string[], headers: Record<string, string> = {}): Promise<void> {
  for (const [index, reason] of reasons.entries()) {
    const message = { key: Buffer.from('a'), value: Buffer.from(`text ${index}`), headers };
    const place = { topic, partition: 0, offset: String(index) };
    const failed_at = new Date().toISOString();
    await publisher.send([writeDeadLetter({ ...message, ...place, reason, detail: 'no', failed_at })]);
  }
}

const place = (offset: number): ReturnType<typeof parsePlace> => parsePlace(`${dead}/0/${offset}`);
/** Offsets and states. */
async function listed(more: object = {}): Promise<string[]> {
  const { found } = await list(services, { limit: 100, topic, ...more });
  return found.map(({ offset, action }) => `${offset} ${action ?? 'open'}`);
}
/** Redrives the open letters; resolves to their number. */
async function redriveAll(more: Parameters<typeof redriveOpen>[1] = {}): Promise<number> {
  return (await redriveOpen(services, more)).sent;
}
async function sent(): Promise<number> {
  return (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
}
async function marks(): Promise<number> {
  return (await database.pool.query('SELECT FROM dead_letter_mark')).rowCount ?? 0;
}

/** A client whose topics have a second partition, without a leader, for messages with a value. */
function withoutLeader(client: Kafka, value: string): Kafka {
  const producer = (config: ProducerConfig = {}): Producer => {
    const choose = config.createPartitioner?.();
    const real = client.producer({ allowAutoTopicCreation: false });
    const partitions = [0, -1].map((leader, partitionId) => ({ leader, partitionId }));
    const partitionMetadata = partitions as unknown as PartitionMetadata[];
    const sendBatch: Producer['sendBatch'] = async (batch) => {
      const places = (batch.topicMessages ?? []).flatMap((one) =>
        one.messages.map((message) => {
          message.partition = String(message.value) === value ? 1 : 0;
          return choose?.({ topic: one.topic, message, partitionMetadata });
        }),
      );
      const error = { message: 'There is no leader', type: 'LEADER_NOT_AVAILABLE', code: 5 };
      if (places.includes(1)) throw new KafkaJSProtocolError(error as never);
      return real.sendBatch(batch);
    };
    return Object.assign(Object.create(real) as Producer, { sendBatch });
  };
  return Object.assign(Object.create(client) as Kafka, { producer });
}

describe('redriving', () => {
  test('sends each open letter once, and remembers all by one mark', async () => {
    await write(['not_json', 'refused', 'not_json']);
    expect([await redriveAll(), await redriveAll()]).toEqual([3, 0]);
    await write(['refused']);
    expect(await redriveAll()).toBe(1);
    expect([await sent(), await marks()]).toEqual([4, 1]);
  });

  test('leaves letters with another reason open', async () => {
    await write(['not_json', 'refused', 'not_json']);
    expect(await redriveAll({ reason: 'not_json' })).toBe(2);
    expect(await listed({ isOpen: true })).toEqual(['1 open']);
  });

  test('of one place is remembered', async () => {
    await write(['not_json', 'not_json']);
    await redrive(services, await at(services, [place(1)]));
    expect(await listed()).toEqual(['0 open', '1 redriven']);
    expect(await redriveAll()).toBe(1);
  });

  test('with again sends only letters that came back', async () => {
    await write(['not_json'], { redriven_from: `${dead}/0/0` });
    expect([await redriveAll(), await redriveAll({ again: true })]).toEqual([0, 1]);
  });

  test('skips letters without a message, and reports their number', async () => {
    await write(['unreadable', 'not_json']);
    const placeOnly = { topic, partition: 0, offset: '2', key: null, value: null, headers: {} };
    const detail = { reason: 'process_died', detail: 'no', failed_at: '' };
    await publisher.send([writeDeadLetter({ ...placeOnly, ...detail })]);
    expect(await redriveOpen(services)).toEqual({ sent: 1, withoutMessage: 2, refused: {} });
    expect(await listed({ isOpen: true })).toEqual(['0 open', '2 open']);
  });

  test('continues after a letter that its topic refuses, and with other topics', async () => {
    const compacted = `a-${topic}`;
    const gone = `b-${topic}`;
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }];
    const dead = [compacted, gone].map((name) => ({ topic: deadLetterTopic(name), numPartitions: 1 }));
    await createTestTopics(admin, [{ topic: compacted, numPartitions: 1, configEntries }, ...dead]);
    const letter = { partition: 0, reason: 'not_json', detail: 'no', failed_at: '', headers: {} };
    const value = Buffer.from('text');
    for (const [offset, key] of [null, Buffer.from('a')].entries())
      await publisher.send([
        writeDeadLetter({ ...letter, topic: compacted, offset: String(offset), key, value }),
      ]);
    await publisher.send([writeDeadLetter({ ...letter, topic: gone, offset: '0', key: value, value })]);
    await write(['not_json']);
    services = { ...services, topics: [compacted, gone, topic] };
    expect(await redriveOpen(services)).toEqual({
      sent: 2,
      withoutMessage: 0,
      refused: {
        [compacted]: { letters: 1, reason: expect.any(String) },
        [gone]: { letters: 1, reason: 'topic_missing' },
      },
    });
    expect(await sent()).toBe(1);
  });

  test.each([
    ['all', 2, () => redriveAll()],
    ['those of places', 1, async () => redrive(services, await at(services, [place(0), place(1)]))],
  ])('%s while a partition has no leader remembers which were sent', async (_, times, run) => {
    await write(['not_json', 'refused']);
    const whole = services;
    services = { ...whole, kafka: withoutLeader(kafka, 'text 1') };
    for (let count = 0; count < times; count += 1) await expect(run()).rejects.toThrow('no leader');
    services = whole;
    expect(await listed()).toEqual(['0 redriven', '1 open']);
    expect([await redriveAll(), await sent()]).toEqual([1, 2]);
  });

  test('that is interrupted before it is marked sends the letter again', async () => {
    await write(['not_json']);
    await database.pool.query('ALTER TABLE dead_letter_mark ADD CHECK (false)');
    await expect(redriveAll()).rejects.toThrow('check constraint');
    await database.pool.query('ALTER TABLE dead_letter_mark DROP CONSTRAINT dead_letter_mark_check');
    expect([await redriveAll(), await sent()]).toEqual([1, 2]);
  });

  test('ignores the marks of a topic that was recreated', async () => {
    await write(['not_json', 'not_json']);
    await redriveAll();
    await admin.deleteTopics({ topics: [dead] });
    const create = (): Promise<boolean> =>
      createTestTopics(admin, [{ topic: dead, numPartitions: 1 }]).then(() => true);
    await waitUntil(() => create().catch(() => false), { what: 'the topic to be there again' });
    await write(['refused', 'refused', 'refused']);
    expect(await listed()).toEqual(['0 open', '1 open', '2 open']);
    expect([await redriveAll(), await marks()]).toEqual([3, 1]);
  });

  test('takes over the redrives of earlier versions', async () => {
    await write(['not_json', 'not_json', 'not_json']);
    const partitions = [{ partition: 0, offset: '2' }];
    await admin.setOffsets({ groupId: 'turnstream-dlq-redrive', topic: dead, partitions });
    await takeOverGroups(services);
    await takeOverGroups(services);
    expect(await listed()).toEqual(['0 redriven', '1 redriven', '2 open']);
    const [group] = (await admin.describeGroups(['turnstream-dlq-redrive'])).groups;
    expect(group?.state).toBe('Dead');
  });
});

describe('discarding', () => {
  test('of places, or by reason, closes letters without sending them', async () => {
    await write(['not_json', 'refused', 'not_json']);
    await discard(services, await at(services, [place(0)]));
    expect(await discardOpen(services, { reason: 'refused' })).toBe(1);
    expect(await listed()).toEqual(['0 discarded', '1 discarded', '2 open']);
    expect(await listed({ isOpen: true })).toEqual(['2 open']);
    expect([await redriveAll(), await sent()]).toEqual([1, 1]);
  });

  test('of a place counts although it was redriven with others', async () => {
    await write(['not_json', 'not_json', 'not_json']);
    await redriveAll();
    await discard(services, await at(services, [place(1)]));
    expect(await listed()).toEqual(['0 redriven', '1 discarded', '2 redriven']);
  });

  test('is undone by redriving the place', async () => {
    await write(['not_json']);
    const letters = await at(services, [place(0)]);
    await discard(services, letters);
    await redrive(services, letters);
    expect([await listed(), await marks()]).toEqual([['0 redriven'], 1]);
  });
});

describe('the list', () => {
  test('has pages', async () => {
    await write(['not_json', 'refused', 'not_json', 'not_json', 'refused']);
    const first = await list(services, { topic, limit: 2 });
    expect([first.found.map(placeText), first.more]).toEqual([[`${dead}/0/0`, `${dead}/0/1`], true]);
    const rest = await list(services, { topic, limit: 3, after: place(1) });
    expect([rest.found.length, rest.more]).toEqual([3, false]);
  });

  test('has the letters of topics that are not declared any more', async () => {
    await write(['not_json']);
    const { topics: _declared, ...all } = services;
    const { found } = await list(all, { limit: 100, topic });
    expect(found).toHaveLength(1);
  });

  test('names topics that have no dead letters', async () => {
    await expect(list(services, { topic: 'other', limit: 1 })).rejects.toThrow('other has no dead letters');
  });
});

test('a place without a letter is reported before anything is sent', async () => {
  await write(['not_json']);
  await expect(at(services, [place(0), place(7)])).rejects.toThrow(`no dead letter at ${dead}/0/7:`);
});

test('places are found without reading the letters in between', async () => {
  await write(['not_json', 'refused', 'not_json', 'refused']);
  const found = await at(services, [place(3), place(1)]);
  expect(found.map(({ letter }) => String(letter.value))).toEqual(['text 1', 'text 3']);
});
