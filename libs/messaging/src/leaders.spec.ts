import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import BrokerPool from 'kafkajs/src/cluster/brokerPool.js';
import Cluster from 'kafkajs/src/cluster/index.js';
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';
import OffsetManager from 'kafkajs/src/consumer/offsetManager/index.js';
import createSendMessages from 'kafkajs/src/producer/sendMessages.js';
import type { Metadata } from 'kafkajs/src/protocol/requests/metadata/v6/response.js';
import response from 'kafkajs/src/protocol/requests/metadata/v6/response.js';
import createRetry from 'kafkajs/src/retry/index.js';
import { createKafka } from './kafka.ts';

const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
let warned: string[];
const logger = {
  ...log,
  namespace: () => ({ ...log, warn: (message: string) => void warned.push(message) }),
};
const topic = 'orders.events';
const groupId = 'spec';
const hour = 3_600_000;

/** A broker's answer: partition 0 is led by broker 1; partition 1 has an error, or another leader. */
const answer = (partitionErrorCode: number, leader = -1, topicErrorCode = 0): Metadata => ({
  brokers: [{ nodeId: 1, host: 'one', port: 9092, rack: null }],
  topicMetadata: [
    {
      topicErrorCode,
      topic,
      partitionMetadata: [
        { partitionErrorCode: 0, partitionId: 0, leader: 1 },
        { partitionErrorCode, partitionId: 1, leader },
      ],
    },
  ],
});

beforeEach(() => {
  warned = [];
  createKafka({ connection: { brokers: ['one:9092'] }, clientId: 'test', log });
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('an answer about topics', () => {
  test.each([5, 72])('with the error %s of a partition is accepted', async (code) => {
    const { topicMetadata } = await response.parse(answer(code, 2));
    const leaders = topicMetadata[0]?.partitionMetadata.map(({ leader }) => leader);
    expect(leaders).toEqual([1, -1]);
  });

  test('with another error of a partition is refused', async () => {
    await expect(response.parse(answer(29))).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' });
  });

  test('with an error of the topic is refused', async () => {
    await expect(response.parse(answer(0, 2, 5))).rejects.toMatchObject({ type: 'LEADER_NOT_AVAILABLE' });
  });
});

/** A cluster whose broker 1 answers; its brokers keep what they know for an hour. */
async function connected(metadata: () => Metadata): Promise<{ cluster: Cluster; produce: jest.Mock }> {
  const retry = { retries: 0 };
  const cluster = new Cluster({ logger, brokers: ['one:9092'], retry, metadataMaxAge: hour });
  const produce = jest.fn(async () => ({ topics: [] }));
  const one = {
    nodeId: '1',
    isConnected: () => true,
    connectionPool: { host: 'one', port: 9092, rack: null },
    metadata: async () => response.parse(metadata()),
    produce,
  };
  Object.assign(cluster.brokerPool, { brokers: { 1: one }, seedBroker: one });
  await cluster.brokerPool.refreshMetadata([topic]);
  return { cluster, produce };
}

describe('while a partition has no leader', () => {
  test('the log says so once, and when it has one', async () => {
    let leader = -1;
    const { cluster } = await connected(() => answer(leader < 0 ? 5 : 0, leader));
    await cluster.brokerPool.refreshMetadata([topic]);
    leader = 1;
    await cluster.brokerPool.refreshMetadata([topic]);
    expect(warned).toEqual(['no leader: orders.events 1', 'all partitions have a leader again']);
  });

  test('the leaders are asked for again within a second', async () => {
    const { cluster } = await connected(() => answer(5));
    expect(cluster.brokerPool).toBeInstanceOf(BrokerPool);
    expect(cluster.brokerPool.metadataExpireAt).toBeLessThanOrEqual(Date.now() + 1_000);
  });

  test('a producer sends to the other partitions', async () => {
    const { cluster, produce } = await connected(() => answer(5));
    await sender(cluster)(0);
    expect(produce).toHaveBeenCalledTimes(1);
  });

  test('a message to it fails by that reason, until it has a leader', async () => {
    let leader = -1;
    const { cluster, produce } = await connected(() => answer(leader < 0 ? 5 : 0, leader));
    const send = sender(cluster);
    await expect(send(1)).rejects.toMatchObject({ cause: { type: 'LEADER_NOT_AVAILABLE' } });
    leader = 1;
    await jest.advanceTimersByTimeAsync(1_001);
    await send(1);
    expect(produce).toHaveBeenCalledTimes(1);
  });

  test('a consumer finds out where to begin on the others', async () => {
    let leader = -1;
    const { cluster } = await connected(() => answer(leader < 0 ? 5 : 0, leader));
    const asked: number[] = [];
    const one = Object.assign(await cluster.findBroker({ nodeId: 1 }), {
      offsetFetch: async ({ topics }: { topics: { partitions: { partition: number }[] }[] }) => ({
        responses: [
          { topic, partitions: topics[0]?.partitions.map((partition) => ({ ...partition, offset: '-1' })) },
        ],
      }),
      listOffsets: async ({ topics }: { topics: { partitions: { partition: number }[] }[] }) => {
        const partitions = topics[0]?.partitions.map(({ partition }) => ({ partition, offset: '7' })) ?? [];
        asked.push(...partitions.map(({ partition }) => partition));
        return { responses: [{ topic, partitions }] };
      },
    });
    const topicConfigurations = { [topic]: { fromBeginning: true } };
    const member = { memberAssignment: { [topic]: [0, 1] }, topicConfigurations, groupId };
    const offsets = new OffsetManager({ cluster, coordinator: one, ...member });
    await offsets.resolveOffsets();
    expect(offsets.committedOffsets()[topic]).toEqual({ 0: '7' });
    leader = 1;
    await cluster.brokerPool.refreshMetadata([topic]);
    await offsets.resolveOffsets();
    expect(offsets.committedOffsets()[topic]).toEqual({ 0: '7', 1: '7' });
    expect(asked).toEqual([0, 1]);
  });
});

test('while every partition has a leader, nothing is asked again before its time', async () => {
  const { cluster } = await connected(() => answer(0, 1));
  expect(cluster.brokerPool.metadataExpireAt).toBe(Date.now() + hour);
});

function groupWith(isConnected: boolean): ConsumerGroup {
  const cluster = { isConnected: () => isConnected };
  return new ConsumerGroup({ logger, groupId, cluster, topics: [topic], maxWaitTimeInMs: 1_000 });
}

describe('a consumer that cannot reach a broker', () => {
  const refused = Object.assign(new Error('refused'), { name: 'KafkaJSConnectionError' });
  test('pauses the fetches from it while another is connected', async () => {
    let isOver = false;
    const recovered = groupWith(true).recoverFromFetch(refused);
    void recovered.then(() => (isOver = true));
    await jest.advanceTimersByTimeAsync(999);
    expect(isOver).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await expect(recovered).resolves.toBeUndefined();
  });

  test('fails when none is connected', async () => {
    await expect(groupWith(false).recoverFromFetch(refused)).rejects.toBe(refused);
  });
});

const partitioner = ({ message }: { message: { partition: number } }): number => message.partition;

/** Sends one message to a partition, by kafkajs' producer. */
function sender(cluster: Cluster): (partition: number) => Promise<unknown> {
  const eosManager = {
    acquireBrokerLock: async () => undefined,
    releaseBrokerLock: async () => undefined,
    isTransactional: () => false,
    getSequence: () => 0,
    updateSequence: ignore,
    getProducerId: () => -1,
    getProducerEpoch: () => 0,
  };
  const retrier = createRetry({ retries: 0 });
  Object.assign(cluster, { targetTopics: new Set([topic]) });
  const send = createSendMessages({ logger: log, cluster, partitioner, eosManager, retrier });
  return (partition) =>
    send({ acks: -1, timeout: 1, topicMessages: [{ topic, messages: [{ partition, value: 'x' }] }] });
}
