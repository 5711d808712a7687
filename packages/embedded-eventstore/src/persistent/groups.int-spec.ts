import { describe, expect, jest, test } from '@jest/globals';
import { startServer } from '../server.ts';
import { proposal, readAll, withDirectory, withStore } from '../lifecycle/stores.ts';
import { Access } from '../rpc/access.ts';
import { append } from '../store/append.ts';
import type { Store } from '../store/store.ts';
import { Feed } from '../subscriptions/feed.ts';
import { Groups } from './groups.ts';
import { onAll } from './test-groups.ts';
import type { GroupConfig } from './settings.ts';

const CONFIG_STREAM = '$persistentSubscriptionConfig';

const configOf = (group: string, regex: string): GroupConfig =>
  onAll({ group, filter: { on: 'stream', regex, prefixes: [], window: undefined, multiplier: 1 } });

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

describe('a stored configuration that cannot be read', () => {
  const entries = [configOf('group', '^a')];
  test.each([
    [
      'because it is damaged',
      { version: '2', entries },
      "UPDATE events SET data = '{}' WHERE type = 'Tested'",
    ],
    ['because it has no entries', { version: '2' }, ''],
    ['because it is not JSON', undefined, ''],
  ])('%s leaves no groups, with a warning, and stays as it is', (_case, config, damage) =>
    withDirectory(async (dir) => {
      const event = { ...proposal(1), data: Buffer.from(config ? JSON.stringify(config) : '{') };
      await withStore(dir, async (store) => {
        await store.writer.write((tx) => append(tx, CONFIG_STREAM, 'any', [event]));
        store.db.exec(damage);
      });
      const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      try {
        const server = await startServer({ dir, port: 0 });
        await server.stop();
        expect(warn.mock.calls).toEqual([[expect.stringMatching(/^No persistent subscription is served/)]]);
      } finally {
        warn.mockRestore();
      }
      await withStore(dir, (store) => expect(store.reads.lastRevision(CONFIG_STREAM)).toBe(0));
    }),
  );
});

test('a configuration that cannot be read for a moment is not replaced, and is read at the next restart', () =>
  withDirectory((dir) =>
    withStore(dir, async (store) => {
      const event = {
        ...proposal(1),
        data: Buffer.from(JSON.stringify({ version: '2', entries: [configOf('old', '^a')] })),
      };
      await store.writer.write((tx) => append(tx, CONFIG_STREAM, 'any', [event]));
      const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      const read = jest.spyOn(store.reads, 'stream').mockImplementationOnce(() => {
        throw new Error('out of memory');
      });
      const groups = new Groups(store, new Feed(store, new Access(store, false)));
      try {
        await expect(groups.put(configOf('new', '^b'), 'admin')).rejects.toThrow(/cannot be read/);
        groups.restart();
        await groups.put(configOf('new', '^b'), 'admin');
        expect(storedGroups(store)).toEqual(['old', 'new']);
      } finally {
        groups.stop();
        read.mockRestore();
        warn.mockRestore();
      }
    }),
  ));
