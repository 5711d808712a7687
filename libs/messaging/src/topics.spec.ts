import { expect, test } from '@jest/globals';
import { topicPlans } from './topics.ts';

const settings = {
  partitions: 6,
  replication: 3,
  minInsyncReplicas: 2,
  retentionHours: 168,
  deadLetterRetentionHours: 720,
};
const plans = topicPlans({ incoming: ['parking'], sources: ['orders'] }, settings);
const hour = 3_600_000;

test.each([
  ['parking.dlq', { partitions: 1, settings: { 'retention.ms': String(720 * hour) } }],
  ['parking.dlq', { replication: 3, settings: { 'min.insync.replicas': '2' } }],
  ['inquiry.replies.dlq', { settings: { 'max.message.bytes': '2097152' } }],
  ['inquiry.replies', { replication: 3, settings: { 'min.insync.replicas': '2' } }],
  ['inquiry.requests.orders', { partitions: 6, settings: { 'retention.ms': String(168 * hour) } }],
])('%s is planned with %j', (topic, expected) => {
  expect(plans.find((plan) => plan.topic === topic)).toMatchObject(expected);
});
