import { expect, test } from '@jest/globals';
import { proposal, readAll, withDirectory, withStore } from '../lifecycle/stores.ts';
import { Access } from '../rpc/access.ts';
import { append } from '../store/append.ts';
import type { Store } from '../store/store.ts';
import { Feed } from '../subscriptions/feed.ts';
import { Groups } from './groups.ts';
import type { GroupConfig } from './settings.ts';

const CONFIG_STREAM = '$persistentSubscriptionConfig';

const configOf = (group: string, regex: string): GroupConfig => ({
  stream: '$all',
  group,
  filter: { on: 'stream', regex, prefixes: [], window: undefined, multiplier: 1 },
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
});

const storedGroups = (store: Store): string[] => {
  const { entries } = JSON.parse(readAll(store, CONFIG_STREAM).at(-1)?.data.toString() ?? '') as {
    entries: GroupConfig[];
  };
  return entries.map(({ group }) => group);
};

test('a stored group with an expression that is no longer supported is not served, but stays stored', () =>
  withDirectory((dir) =>
    withStore(dir, async (store) => {
      const entries = [configOf('old', '(a)\\1'), configOf('good', '^a')];
      const event = { ...proposal(1), data: Buffer.from(JSON.stringify({ version: '2', entries })) };
      await store.writer.write((tx) => append(tx, CONFIG_STREAM, 'any', [event]));
      const groups = new Groups(store, new Feed(store, new Access(store, false)));
      try {
        expect(groups.list().map(({ config }) => config.group)).toEqual(['good']);
        await groups.put(configOf('new', '^b'), 'admin');
        expect(storedGroups(store)).toEqual(['good', 'new', 'old']);
      } finally {
        groups.stop();
      }
    }),
  ));
