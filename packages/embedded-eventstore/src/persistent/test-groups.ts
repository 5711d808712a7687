import type { GroupConfig } from './settings.ts';

/** For specs: a group on all streams. */
export const onAll = (settings: Partial<GroupConfig> = {}): GroupConfig => ({
  stream: '$all',
  group: 'group',
  filter: undefined,
  startFrom: 'start',
  startAfter: 0,
  resolveLinks: false,
  extraStatistics: false,
  messageTimeoutMs: 30_000,
  maxRetryCount: 10,
  checkpointAfterMs: 2_000,
  minCheckpointCount: 10,
  maxCheckpointCount: 1_000,
  maxSubscriberCount: 0,
  liveBufferSize: 500,
  readBatchSize: 20,
  historyBufferSize: 500,
  strategy: 'RoundRobin',
  ...settings,
});
