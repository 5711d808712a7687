import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, jest, test } from '@jest/globals';
import type { Kafka, PartitionMetadata, ProducerBatch, ProducerConfig, RecordMetadata } from 'kafkajs';
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
 * A publisher to topics whose partitions have these leaders (-1: none), and what was sent to it. As in kafkajs, a request for a
 * partition without a leader sends nothing, and chooses no partitions for the topics after it. `first`: the partitions that the first request confirms; by default all.
 */
function publisherTo(
  leaders: readonly number[],
  first?: readonly number[],
  onRequest = (): void => undefined,
) {
  const sent: string[][] = [];
  const producer = ({ createPartitioner }: ProducerConfig): FakeProducer => {
    const choose = createPartitioner?.() ?? (() => 0);
    return new FakeProducer(async ({ topicMessages = [] }) => {
      onRequest();
      const partitionMetadata = leaders.map((leader, partitionId) => ({ leader, partitionId }));
      const placed = topicMessages.map((one) => {
        const args = { topic: one.topic, partitionMetadata: partitionMetadata as PartitionMetadata[] };
        const partitions = one.messages.map((message) => choose({ ...args, message }));
        if (partitions.some((partition) => (leaders[partition] ?? -1) < 0)) throw leaderless();
        return partitions.map((partition) => ({ topicName: one.topic, partition, errorCode: 0 }));
      });
      sent.push(topicMessages.flatMap((one) => one.messages.map(({ value }) => String(value))));
      return placed.flat().filter(({ partition }) => sent.length > 1 || (first?.includes(partition) ?? true));
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

test('messages to several topics are sent, except those to partitions without a leader', async () => {
  const { publisher, sent } = publisherTo([1, -1]);
  const batch = ['a', 'b', 'c'].flatMap((name) =>
    [0, 1].map((partition) => ({ topic: name, key: null, value: `${name}${partition}`, partition })),
  );
  await expect(publisher.send(batch)).rejects.toMatchObject({ unsent: [batch[1], batch[3], batch[5]] });
  expect(sent).toEqual([['a0', 'b0', 'c0']]);
});

test('a second partition may lose its leader while the others are sent', async () => {
  const leaders = [1, -1, 2];
  let requests = 0;
  const { publisher, sent } = publisherTo(leaders, undefined, () => {
    requests += 1;
    if (requests === 2) leaders[2] = -1;
  });
  const batch = [0, 1, 2].map((partition) => ({ topic, key: null, value: `${partition}`, partition }));
  await expect(publisher.send(batch)).rejects.toMatchObject({ unsent: [batch[1], batch[2]] });
  expect(sent).toEqual([['0']]);
});

test('messages that are confirmed are not sent again when a partition then loses its leader', async () => {
  const leaders = [1, 2];
  let requests = 0;
  const { publisher, sent } = publisherTo(leaders, [0], () => {
    requests += 1;
    if (requests === 2) leaders[1] = -1;
  });
  const batch = [0, 1].map((partition) => ({ topic, key: null, value: `${partition}`, partition }));
  await expect(publisher.send(batch)).rejects.toMatchObject({ unsent: [batch[1]] });
  expect(sent).toEqual([['0', '1']]);
});

test('messages to a partition that had no leader a moment ago may be left without a request', async () => {
  const leaders = [1, -1];
  let requests = 0;
  const { publisher, sent } = publisherTo(leaders, undefined, () => void (requests += 1));
  const batch = [0, 1].map((partition) => ({ topic, key: null, value: `${partition}`, partition }));
  const skip = { skipLeaderless: true };
  await expect(publisher.send(batch, skip)).rejects.toThrow(LeaderMissingError);
  expect(requests).toBe(2);
  await expect(publisher.send(batch, skip)).rejects.toMatchObject({ unsent: [batch[1]] });
  expect([requests, sent]).toEqual([3, [['0'], ['0']]]);
  leaders[1] = 2;
  await expect(publisher.send(batch.slice(1), skip)).rejects.toMatchObject({ unsent: [batch[1]] });
  await publisher.send(batch.slice(1));
  await publisher.send(batch, skip);
  expect(sent.slice(2)).toEqual([['1'], ['0', '1']]);
});

test('messages are left by their keys, too, and not for long', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
  try {
    const leaders = [-1];
    const { publisher, sent } = publisherTo(leaders);
    const keyed = { topic, key: 'a', value: 'x' };
    await expect(publisher.send([keyed])).rejects.toThrow(LeaderMissingError);
    leaders[0] = 1;
    const send = (): Promise<void> => publisher.send([{ ...keyed }], { skipLeaderless: true });
    await expect(send()).rejects.toThrow(LeaderMissingError);
    jest.setSystemTime(Date.now() + 5_000);
    await send();
    expect(sent).toEqual([['x']]);
  } finally {
    jest.useRealTimers();
  }
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

test('no message overtakes an earlier one to its partition that was left', async () => {
  const leaders = [1, -1];
  let requests = 0;
  const { publisher, sent } = publisherTo(leaders, undefined, () => {
    requests += 1;
    if (requests === 2) leaders[1] = 2;
  });
  const large = 'x'.repeat(300_000);
  const batch = [1, 0, 1, 1].map((partition, n) => ({
    topic,
    key: null,
    value: `${n}`,
    partition,
    headers: { large },
  }));
  await expect(publisher.send(batch)).rejects.toMatchObject({ unsent: [batch[0], batch[2], batch[3]] });
  expect(sent).toEqual([['1']]);
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
