import BrokerPool from 'kafkajs/src/cluster/brokerPool.js';
import Cluster from 'kafkajs/src/cluster/index.js';
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';
import OffsetManager from 'kafkajs/src/consumer/offsetManager/index.js';
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js';
import type { Metadata } from 'kafkajs/src/protocol/requests/metadata/v6/response.js';
import response from 'kafkajs/src/protocol/requests/metadata/v6/response.js';
import { sleep } from '../../platform/src/async/sleep.ts';

/** What an answer says of a partition without a leader. */
const leaderNotAvailable = 5;
/** The same while its leader is known but has no address. */
const listenerNotFound = 72;
const noLeader = -1;
/** How soon the leaders are asked for again while one is missing (ms). */
const questionMs = 1_000;

/**
 * Only a partition without a leader waits, not its topic, and a broker that is gone ends no fetches from the others. kafkajs rejects the whole answer
 * that names such a partition, so nothing of its topic was sent or read, and ends the fetches of all brokers when one is gone.
 * Brokers since Kafka 2.1 answer in version 6, the newest that kafkajs requests.
 */
export function installLeaderlessPartitions(): void {
  acceptLeaderless();
  askAgainSoon();
  refuseMissingLeader();
  resolveOnlyLed();
  outliveBroker();
}

/** A partition without a leader has the leader -1. */
function acceptLeaderless(): void {
  const { parse } = response;
  response.parse = (data) =>
    parse({
      ...data,
      topicMetadata: data.topicMetadata.map((topic) => ({
        ...topic,
        partitionMetadata: topic.partitionMetadata.map((partition) =>
          [leaderNotAvailable, listenerNotFound].includes(partition.partitionErrorCode)
            ? { ...partition, partitionErrorCode: 0, leader: noLeader }
            : partition,
        ),
      })),
    });
}

/**
 * Nothing fails at a consumer that does not fetch a partition: it would notice a new leader after five minutes, and nobody would see
 * why the partition is not read.
 */
function askAgainSoon(): void {
  const { refreshMetadata } = BrokerPool.prototype;
  const before = new WeakMap<BrokerPool, string>();
  BrokerPool.prototype.refreshMetadata = async function (this: BrokerPool, topics): Promise<void> {
    await refreshMetadata.call(this, topics);
    const leaderless = leaderlessOf(this.metadata?.topicMetadata ?? []);
    if (leaderless !== '')
      this.metadataExpireAt = Math.min(this.metadataExpireAt ?? Infinity, Date.now() + questionMs);
    if (leaderless !== (before.get(this) ?? ''))
      this.logger.warn(leaderless === '' ? 'all partitions have a leader again' : `no leader: ${leaderless}`);
    before.set(this, leaderless);
  };
}

/** The partitions without a leader, as `orders.events 1, 3; …`. */
function leaderlessOf(topics: Metadata['topicMetadata']): string {
  const found = topics.map(({ topic, partitionMetadata }) => {
    const partitions = partitionMetadata.filter(({ leader }) => leader === noLeader);
    const ids = partitions.map(({ partitionId }) => partitionId).toSorted((one, other) => one - other);
    return ids.length > 0 ? `${topic} ${ids.join(', ')}` : '';
  });
  return found.filter((text) => text !== '').join('; ');
}

/** The error says what is missing: kafkajs would look for a broker -1. A producer asks for the leaders again, and retries. */
function refuseMissingLeader(): void {
  const { findBroker } = Cluster.prototype;
  Cluster.prototype.findBroker = async function (this: Cluster, broker): Promise<object> {
    if (Number(broker.nodeId) === noLeader) throw createErrorFromCode(leaderNotAvailable);
    return findBroker.call(this, broker);
  };
}

/** Where a consumer begins on a partition that nobody has read is asked of its leader; for one without, later. */
function resolveOnlyLed(): void {
  const { resolveOffsets } = OffsetManager.prototype;
  OffsetManager.prototype.resolveOffsets = async function (this: OffsetManager): Promise<void> {
    const { cluster, memberAssignment } = this;
    const led = Object.entries(memberAssignment).map(([topic, partitions]) => {
      const known = cluster.findTopicPartitionMetadata(topic).filter(({ leader }) => leader !== noLeader);
      const withLeader = new Set(known.map(({ partitionId }) => partitionId));
      return [topic, partitions.filter((partition) => withLeader.has(partition))];
    });
    const view = Object.create(this, { memberAssignment: { value: Object.fromEntries(led) } });
    await resolveOffsets.call(view as OffsetManager);
  };
}

/** While another broker is connected, one that cannot be reached only pauses the fetches from it. */
function outliveBroker(): void {
  const { recoverFromFetch } = ConsumerGroup.prototype;
  ConsumerGroup.prototype.recoverFromFetch = async function (this: ConsumerGroup, error): Promise<void> {
    if (error.name !== 'KafkaJSConnectionError' || !this.cluster.isConnected())
      return recoverFromFetch.call(this, error);
    await sleep(this.maxWaitTime);
  };
}
