import { expect, test } from '@jest/globals';
import { topicPlans } from './topics.ts';

const settings = { partitions: 6, replication: 1, retentionHours: 168, deadLetterRetentionHours: 720 };
const plans = topicPlans({ incoming: ['parking'], sources: ['orders'] }, settings);
const hour = 3_600_000;

test.each([
  ['parking.dlq', { partitions: 1, retentionMs: 720 * hour }],
  ['inquiry.replies.dlq', { maxMessageBytes: 2_097_152 }],
  ['parking', { uncompressed: true }],
  ['inquiry.replies', { uncompressed: true }],
  ['inquiry.requests.orders', { partitions: 6, retentionMs: 168 * hour }],
])('%s is planned with %j', (topic, expected) => {
  expect(plans.find((plan) => plan.topic === topic)).toMatchObject(expected);
});
