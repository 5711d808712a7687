import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Admin, IHeaders, Kafka } from 'kafkajs';
import { sleep } from '../../../platform/src/async/sleep.ts';
import { waitUntil } from '../../../platform/src/async/wait-until.ts';
import { NonRetryableError } from '../errors.ts';
import { createKafka } from '../kafka.ts';
import type { Outgoing } from '../publisher.ts';
import { Publisher } from '../publisher.ts';
import { createTestTopics } from '../test-topics.ts';
import { deadLetterTopic } from '../topics.ts';
import type { ConsumerOptions } from './loop.ts';
import { ConsumerLoop } from './loop.ts';

const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');
let kafka: Kafka;
let admin: Admin;
let publisher: Publisher;
/** Unique to each test. */
let topic: string;
let groupId: string;
let handled: string[];
let letters: Outgoing[];

beforeAll(async () => {
  kafka = createKafka({ connection: { brokers }, clientId: 'loop-spec', log });
  admin = kafka.admin();
  publisher = new Publisher(kafka);
  await admin.connect();
});
afterAll(async () => {
  await publisher.close();
  await admin.disconnect();
});
beforeEach(() => {
  topic = `spec-${randomUUID()}`;
  groupId = `spec.${topic}`;
  [handled, letters] = [[], []];
});

async function createTopic(partitions = 1, compression = 'producer'): Promise<void> {
  const configEntries = [{ name: 'compression.type', value: compression }];
  await createTestTopics(admin, [{ topic, numPartitions: partitions, configEntries }]);
}

async function send(...values: string[]): Promise<void> {
  await publisher.send(values.map((value) => ({ topic, key: null, value })));
}

/** Reads the topic while `work` runs. */
async function whileReading(
  work: () => Promise<void>,
  more: Partial<ConsumerOptions<string>> = {},
): Promise<void> {
  const stop = new AbortController();
  const loop = new ConsumerLoop<string>({
    kafka,
    groupId,
    topic,
    log,
    partitionsAtOnce: 4,
    chunkSize: 50,
    atOnce: 4,
    prepare: async (messages) => messages.map(({ value }) => String(value)),
    handle: async (text) => void handled.push(text),
    isUnavailable: () => false,
    ready: async () => undefined,
    deadLetter: async (sent) => void letters.push(...sent),
    ...more,
  });
  const running = loop.run(stop.signal);
  try {
    await work();
  } finally {
    stop.abort();
    await running;
  }
}

async function untilHandled(count: number): Promise<void> {
  const isDone = async (): Promise<boolean> => handled.length >= count;
  await waitUntil(isDone, { what: `${count} messages`, everyMs: 50 });
}

test.each(['gzip', 'snappy', 'lz4', 'zstd'])('messages compressed with %s are read', async (codec) => {
  await createTopic(1, codec);
  const large = 'x'.repeat(200_000);
  await send('a', large, 'b');
  await whileReading(() => untilHandled(3));
  expect(handled.toSorted()).toEqual(['a', 'b', large]);
});

test('20,000 headers and a key of 900 KB do not block the topic', async () => {
  await createTopic();
  const headers: IHeaders = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`h${n}`, 'x']));
  await publisher.send([
    { topic, key: null, value: 'headers', headers },
    { topic, key: Buffer.alloc(900_000, 'k'), value: 'key' },
  ]);
  await send('last');
  await whileReading(() => untilHandled(3));
  expect(handled.toSorted()).toEqual(['headers', 'key', 'last']);
});

test('a message too large for the dead letters gets one without its bytes, and does not block the topic', async () => {
  await createTopic();
  const configEntries = [{ name: 'max.message.bytes', value: '1000' }];
  await createTestTopics(admin, [{ topic: deadLetterTopic(topic), numPartitions: 1, configEntries }]);
  const large = randomBytes(5_000).toString('hex');
  await send(large, 'last');
  await whileReading(() => untilHandled(1), {
    handle: async (text) => {
      if (text === large) throw new NonRetryableError('refused', 'no');
      handled.push(text);
    },
    deadLetter: async (sent) => {
      await publisher.send(sent);
      letters.push(...sent);
    },
  });
  expect(handled).toEqual(['last']);
  expect(letters).toMatchObject([
    { value: null, headers: { dead_letter_reason: 'refused', dead_letter_offset: '0' } },
  ]);
});

test('a slow message blocks only its own partition', async () => {
  await createTopic(2);
  await publisher.send([{ topic, key: null, value: 'slow', partition: 0 }]);
  const handle = async (text: string, _: unknown, signal: AbortSignal): Promise<void> => {
    if (text === 'slow') await sleep(60_000, signal);
    if (signal.aborted) throw new Error('stopped');
    handled.push(text);
  };
  await whileReading(
    async () => {
      await sleep(2_000);
      await publisher.send([{ topic, key: null, value: 'quick', partition: 1 }]);
      await untilHandled(1);
    },
    { handle },
  );
  expect(handled).toEqual(['quick']);
});

test('a topic that is missing is reported, and read once it is there', async () => {
  const states: (string | undefined)[] = [];
  await whileReading(
    async () => {
      await waitUntil(async () => states.length > 0, { what: 'a report', everyMs: 50 });
      await createTopic();
      await send('a');
      await untilHandled(1);
    },
    { onState: (reason) => states.push(reason) },
  );
  expect(states[0]).toEqual(expect.any(String));
  expect(states.at(-1)).toBeUndefined();
});

test('a group starts at the offsets of the previous one', async () => {
  await createTopic(2);
  await publisher.send(['a', 'b', 'c'].map((value) => ({ topic, key: null, value, partition: 0 })));
  await publisher.send(['d', 'e'].map((value) => ({ topic, key: null, value, partition: 1 })));
  const from = `${groupId}.before`;
  await admin.setOffsets({ groupId: from, topic, partitions: [{ partition: 0, offset: '2' }] });
  await whileReading(() => untilHandled(3), { inheritFrom: from });
  expect(handled.toSorted()).toEqual(['c', 'd', 'e']);
});

describe('a message that processes die on', () => {
  const program = fileURLToPath(new URL('test-dying-consumer.ts', import.meta.url));
  const register = fileURLToPath(new URL('../../../../tools/register.mjs', import.meta.url));

  /** A process that reads the topic and is killed by the message `deadly`. */
  async function readToDeath(): Promise<void> {
    const args = ['--no-warnings', '--import', register, program, topic, groupId];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
  }

  test('is set aside after the second death, and the other messages are processed', async () => {
    await createTopic();
    await send('a', 'b', 'deadly', 'c');
    await readToDeath();
    await readToDeath();
    await whileReading(() => untilHandled(1), {
      handle: async (text) => {
        if (text === 'deadly') throw new Error('It would die again.');
        handled.push(text);
      },
    });
    expect(handled).toEqual(['c']);
    expect(letters).toMatchObject([
      {
        value: Buffer.from('deadly'),
        headers: { dead_letter_reason: 'process_died', dead_letter_offset: '2' },
      },
    ]);
  });
});
