import { expect, test } from '@jest/globals';
import { loadBridgeConfig } from './config.ts';

test('everything has a default', () => {
  expect(loadBridgeConfig({})).toEqual({
    topics: {
      partitions: 6,
      replication: 1,
      minInsyncReplicas: 1,
      retentionHours: 168,
      deadLetterRetentionHours: 720,
    },
    createTopics: true,
    groupId: 'turnstream-bridge',
    formerGroupId: undefined,
    hasCells: false,
    partitionsAtOnce: 8,
    messagesAtOnce: 16,
    chunkSize: 200,
    leaseMs: 3_000,
    keepUpdatesHours: 24,
    foreignReferencesDays: 90,
    circuit: { threshold: 10, openMs: 5_000 },
  });
});

test('the environment takes precedence over the defaults', () => {
  const env = { KAFKA_GROUP: 'a', KAFKA_CREATE_TOPICS: 'false', BRIDGE_LEASE_MS: '500' };
  expect(loadBridgeConfig(env)).toMatchObject({ groupId: 'a', createTopics: false, leaseMs: 500 });
});

test('topics are planned with the replicas of the environment', () => {
  const env = { KAFKA_REPLICATION: '3', KAFKA_MIN_INSYNC_REPLICAS: '2' };
  expect(loadBridgeConfig(env).topics).toMatchObject({ replication: 3, minInsyncReplicas: 2 });
});

test('the groups of a cell have its name', () => {
  const { groupId, formerGroupId } = loadBridgeConfig({ KAFKA_GROUP: 'x', CELL: 'b' });
  expect([groupId, formerGroupId]).toEqual(['x.b', 'x']);
});

test('an empty variable counts as unset', () => {
  expect(loadBridgeConfig({ KAFKA_GROUP: ' ', KAFKA_CHUNK_SIZE: '' })).toMatchObject({
    groupId: 'turnstream-bridge',
    chunkSize: 200,
  });
});

test('every wrong variable is named with an example', () => {
  expect(() => loadBridgeConfig({ KAFKA_PARTITIONS: '0', KAFKA_CHUNK_SIZE: 'many' })).toThrow(
    'Wrong environment: KAFKA_PARTITIONS must be a whole number from 1 to 1000 (example: KAFKA_PARTITIONS=6); ' +
      'KAFKA_CHUNK_SIZE must be a whole number from 1 to 10000 (example: KAFKA_CHUNK_SIZE=200)',
  );
});

test('updates are not kept for longer than sessions recognise them', () => {
  const kept = { BRIDGE_KEEP_UPDATES_HOURS: '48' };
  expect(() => loadBridgeConfig(kept)).toThrow(
    'BRIDGE_KEEP_UPDATES_HOURS is longer than COMMANDS_RECOGNISED_S',
  );
  expect(loadBridgeConfig({ ...kept, COMMANDS_RECOGNISED_S: '172800' })).toMatchObject({
    keepUpdatesHours: 48,
  });
});
