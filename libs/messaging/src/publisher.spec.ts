import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, jest, test } from '@jest/globals';
import type { Kafka, ProducerBatch, ProducerConfig, RecordMetadata } from 'kafkajs';
import kafkajs from 'kafkajs';
import { LeaderMissingError, Publisher, publisherRequestMs, sendingLeft } from './publisher.ts';

const { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } = kafkajs;

type Listener = (event: { payload: { apiName: string; broker: string } }) => void;

/** The calls of a publisher on a producer. */
class FakeProducer {
  readonly events = { REQUEST_TIMEOUT: 'request timeout' };
  readonly connect = async (): Promise<void> => undefined;
  readonly disconnect = jest.fn(async () => undefined);
  timeOut: Listener = () => undefined;

  constructor(readonly sendBatch: (batch: ProducerBatch) => Promise<RecordMetadata[]>) {}

  on(_: string, listener: Listener): void {
    this.timeOut = listener;
  }
}

const topic = 'conversation.events';
const messages = [{ topic, key: null, value: 'x' }];
/** The answer for messages to which no partitioner has given a partition. */
const confirmed = [{ topicName: topic, partition: undefined, errorCode: 0 }] as unknown as RecordMetadata[];

function leaderless(): Error {
  const type = 'LEADER_NOT_AVAILABLE';
  const error = new KafkaJSProtocolError({ message: 'no leader', type, code: 5 } as never);
  return new KafkaJSNumberOfRetriesExceeded(error, { retryCount: 4, retryTime: 1 });
}

/**
 * A publisher to a topic whose partitions have these leaders (-1: none), and what was sent to it. As in kafkajs, a request for a
 * partition without a leader sends nothing. `first`: the partitions that the first request confirms; by default all.
 */
function publisherTo(leaders: readonly number[], first?: readonly number[]) {
  const sent: string[][] = [];
  const partitionMetadata = leaders.map((leader, partitionId) => ({
    leader,
    partitionId,
    partitionErrorCode: 0,
    replicas: [],
    isr: [],
  }));
  const producer = ({ createPartitioner }: ProducerConfig): FakeProducer => {
    const choose = createPartitioner?.() ?? (() => 0);
    return new FakeProducer(async ({ topicMessages = [] }) => {
      const all = topicMessages.flatMap(({ messages }) => messages);
      const partitions = all.map((message) => choose({ topic, partitionMetadata, message }));
      if (partitions.some((partition) => (leaders[partition] ?? -1) < 0)) throw leaderless();
      sent.push(all.map(({ value }) => String(value)));
      const answered = sent.length === 1 ? (first ?? partitions) : partitions;
      return answered.map((partition) => ({ topicName: topic, partition, errorCode: 0 }));
    });
  };
  return { publisher: new Publisher({ producer } as unknown as Kafka), sent };
}

test('only messages to partitions without a leader are left', async () => {
  const { publisher, sent } = publisherTo([1, -1, 2]);
  const batch = [0, 1, 2, 1].map((partition, n) => ({ topic, key: null, value: `${n}`, partition }));
  const failed = await publisher.send(batch).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(LeaderMissingError);
  expect((failed as LeaderMissingError).unsent).toEqual([batch[1], batch[3]]);
  expect(sent).toEqual([['0', '2']]);
});

test('a batch that is sent again after a missing leader has only the messages that were left', async () => {
  const leaders = [1, -1];
  const { publisher, sent } = publisherTo(leaders);
  const send = sendingLeft(
    publisher,
    [0, 1].map((partition) => ({ topic, key: null, value: `${partition}`, partition })),
  );
  for (let times = 0; times < 2; times += 1) await expect(send()).rejects.toThrow(LeaderMissingError);
  leaders[1] = 2;
  await send();
  expect(sent).toEqual([['0'], ['1']]);
});

test('messages that no broker has confirmed are sent again', async () => {
  const { publisher, sent } = publisherTo([1, 2], [0]);
  await publisher.send([0, 1, 0].map((partition, n) => ({ topic, key: null, value: `${n}`, partition })));
  expect(sent).toEqual([['0', '1', '2'], ['1']]);
});

test('messages without a key keep their partitions when they are sent again', async () => {
  const { publisher, sent } = publisherTo([1, 2], [0]);
  await publisher.send(['a', 'b', 'c', 'd'].map((value) => ({ topic, key: null, value })));
  expect(sent).toHaveLength(2);
  expect(sent[1]).toHaveLength(2);
});

test('a producer whose broker does not answer a request is replaced for the next message', async () => {
  const producers = [
    new FakeProducer(() => new Promise(() => undefined)),
    new FakeProducer(async () => confirmed),
  ];
  const [silent, other] = producers as [FakeProducer, FakeProducer];
  const publisher = new Publisher({ producer: () => producers.shift() } as unknown as Kafka);
  const sent = publisher.send(messages);
  await Promise.resolve();
  silent.timeOut({ payload: { apiName: 'Produce', broker: 'kafka:9092' } });
  await expect(sent).rejects.toMatchObject({ name: 'KafkaJSRequestTimeoutError' });
  expect(silent.disconnect).toHaveBeenCalled();
  await publisher.send(messages);
  expect(other.disconnect).not.toHaveBeenCalled();
});

test('a producer goes on while a partition has no leader: others may be sending to other partitions', async () => {
  const failures: Error[] = [leaderless()];
  const producer = new FakeProducer(async () => {
    const failure = failures.shift();
    if (failure) throw failure;
    return confirmed;
  });
  const open = jest.fn(() => producer);
  const publisher = new Publisher({ producer: open } as unknown as Kafka);
  await expect(publisher.send(messages)).rejects.toThrow('no leader');
  await publisher.send(messages);
  expect([open.mock.calls.length, producer.disconnect.mock.calls.length]).toEqual([1, 0]);
});

test('a broker waits for its replicas for less time than the client waits for the answer', async () => {
  const batches: ProducerBatch[] = [];
  const producer = new FakeProducer(async (batch) => {
    batches.push(batch);
    return confirmed;
  });
  await new Publisher({ producer: () => producer } as unknown as Kafka).send(messages);
  expect(batches[0]?.timeout).toBeGreaterThan(0);
  expect(batches[0]?.timeout).toBeLessThan(publisherRequestMs);
});

test('a sent message leaves nothing in memory', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const producer = new FakeProducer(async () => confirmed);
  const publisher = new Publisher({ producer: () => producer } as unknown as Kafka);
  const heapAfter = async (count: number): Promise<number> => {
    for (let n = 0; n < count; n += 1) await publisher.send(messages);
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await heapAfter(1_000);
  const bytes = ((await heapAfter(100_000)) - before) / 100_000;
  expect(bytes).toBeLessThan(50);
});
