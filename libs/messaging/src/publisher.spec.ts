import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, jest, test } from '@jest/globals';
import type { Kafka, ProducerBatch } from 'kafkajs';
import kafkajs from 'kafkajs';
import { Publisher, publisherRequestMs } from './publisher.ts';

const { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } = kafkajs;

type Listener = (event: { payload: { apiName: string; broker: string } }) => void;

/** The calls of a publisher on a producer. */
class FakeProducer {
  readonly events = { REQUEST_TIMEOUT: 'request timeout' };
  readonly connect = async (): Promise<void> => undefined;
  readonly disconnect = jest.fn(async () => undefined);
  timeOut: Listener = () => undefined;

  constructor(readonly sendBatch: (batch: ProducerBatch) => Promise<void>) {}

  on(_: string, listener: Listener): void {
    this.timeOut = listener;
  }
}

const messages = [{ topic: 'conversation.events', key: null, value: 'x' }];

test('a producer whose broker does not answer a request is replaced for the next message', async () => {
  const producers = [
    new FakeProducer(() => new Promise(() => undefined)),
    new FakeProducer(async () => undefined),
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
  const type = 'LEADER_NOT_AVAILABLE';
  const leaderless = new KafkaJSProtocolError({ message: 'no leader', type, code: 5 } as never);
  const failures: Error[] = [new KafkaJSNumberOfRetriesExceeded(leaderless, { retryCount: 4, retryTime: 1 })];
  const producer = new FakeProducer(async () => {
    const failure = failures.shift();
    if (failure) throw failure;
  });
  const open = jest.fn(() => producer);
  const publisher = new Publisher({ producer: open } as unknown as Kafka);
  await expect(publisher.send(messages)).rejects.toThrow('no leader');
  await publisher.send(messages);
  expect([open.mock.calls.length, producer.disconnect.mock.calls.length]).toEqual([1, 0]);
});

test('a broker waits for its replicas for less time than the client waits for the answer', async () => {
  const batches: ProducerBatch[] = [];
  const producer = new FakeProducer(async (batch) => void batches.push(batch));
  await new Publisher({ producer: () => producer } as unknown as Kafka).send(messages);
  expect(batches[0]?.timeout).toBeGreaterThan(0);
  expect(batches[0]?.timeout).toBeLessThan(publisherRequestMs);
});

test('a sent message leaves nothing in memory', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const producer = new FakeProducer(async () => undefined);
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
