import { expect, test } from '@jest/globals';
import { messagingSettings } from './settings.ts';
import { topicPlans } from './topics.ts';

test('everything has a default, and every fault is named', () => {
  expect(messagingSettings({}).topics).toMatchObject({ partitions: 6, replication: 1, retentionHours: 168 });
  expect(messagingSettings({ KAFKA_GROUP: 'a', KAFKA_CREATE_TOPICS: 'false' })).toMatchObject({
    groupId: 'a',
    createTopics: false,
  });
  const wrong = { KAFKA_PARTITIONS: '0', KAFKA_CHUNK_SIZE: 'many' };
  expect(() => messagingSettings(wrong)).toThrow(/KAFKA_PARTITIONS .*; KAFKA_CHUNK_SIZE/);
});

test('every topic that is read has its dead letters, kept longer', () => {
  const plans = topicPlans(['orders'], messagingSettings({}).topics);
  const of = (topic: string): unknown => plans.find((plan) => plan.topic === topic);
  expect(of('orders.events.dlq')).toMatchObject({ partitions: 1, retentionMs: 720 * 3_600_000 });
  expect(of('inquiry.replies.dlq')).toMatchObject({ maxMessageBytes: 2_097_152 });
  expect(of('inquiry.replies')).toMatchObject({ unpacked: true });
  expect(of('inquiry.requests.orders')).toMatchObject({ partitions: 6, retentionMs: 168 * 3_600_000 });
});
