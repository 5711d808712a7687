import { expect, test } from '@jest/globals';
import { waitUntil } from '../contract/harness.ts';
import { appendMany, withDirectory, withStore } from '../lifecycle/stores.ts';
import { Access } from '../rpc/access.ts';
import type { Store } from '../store/store.ts';
import { Feed } from '../subscriptions/feed.ts';
import type { FilterOptions } from '../wire/read-request.ts';
import { Consumer } from './consumer.ts';
import { Groups } from './groups.ts';
import type { GroupConfig } from './settings.ts';

const onAll = (settings: Partial<GroupConfig> = {}): GroupConfig => ({
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

const streams = (...prefixes: string[]): FilterOptions => ({
  on: 'stream',
  regex: '',
  prefixes,
  window: undefined,
  multiplier: 1,
});

const withGroups = (use: (store: Store, groups: Groups) => Promise<void>): Promise<void> =>
  withDirectory((dir) =>
    withStore(dir, async (store) => {
      const groups = new Groups(store, new Feed(store, new Access(store, false)));
      try {
        await use(store, groups);
      } finally {
        groups.stop();
      }
    }),
  );

/** A consumer that lists what it gets, as `revision@stream`. */
const listing = (bufferSize = 100): { consumer: Consumer; received: string[] } => {
  const received: string[] = [];
  const consumer = new Consumer({
    bufferSize,
    from: '',
    username: '',
    connectionName: '',
    send: ({ event }) => received.push(`${event?.rev}@${event?.stream}`),
    drop: () => undefined,
  });
  return { consumer, received };
};

test('a pinned consumer that reads nothing does not stop the others', () =>
  withGroups(async (store, groups) => {
    for (let n = 0; n < 40; n++) await appendMany(store, `a-${n}`, 1);
    const settings = {
      readBatchSize: 2,
      historyBufferSize: 4,
      strategy: 'Pinned',
      filter: streams('a'),
    } as const;
    await groups.put(onAll(settings), 'admin');
    const group = groups.find('$all', 'group');
    const [silent, eager] = [listing(1), listing()];
    group?.add(silent.consumer);
    group?.add(eager.consumer);
    await waitUntil('a full buffer', () => (group?.statistics().buffered ?? 0) > 2);
    expect(silent.received).toHaveLength(1);
    group?.remove(silent.consumer);
    await waitUntil('all events', () => new Set(eager.received).size === 40);
  }));
