import { describe, expect, test } from '@jest/globals';
import { waitUntil } from '../contract/harness.ts';
import { appendMany, withDirectory, withStore } from '../lifecycle/stores.ts';
import { Access } from '../rpc/access.ts';
import { tombstone } from '../store/append.ts';
import { originalOf } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { Feed } from '../subscriptions/feed.ts';
import type { FilterOptions } from '../wire/read-request.ts';
import { Consumer } from './consumer.ts';
import { Groups } from './groups.ts';
import { onAll } from './test-groups.ts';

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

/** A consumer that lists what it gets, as `revision@stream`, and the ids by which it acknowledges. */
const listing = (bufferSize = 100) => {
  const received: string[] = [];
  const ids: string[] = [];
  const consumer = new Consumer({
    bufferSize,
    from: '',
    username: '',
    connectionName: '',
    send: (event, _retryCount, onSent) => {
      ids.push(originalOf(event).id.toString('hex'));
      received.push(`${event.event?.rev}@${event.event?.stream}`);
      onSent();
    },
    isBehind: () => false,
    drop: () => undefined,
  });
  return { consumer, received, ids };
};

/** The n-th call of a read of the log fails, as when the memory is exhausted. */
const failOnce = (store: Store, name: 'readAllForwards' | 'byPosition', n: number): void => {
  const { log } = store;
  const count = { calls: 0 };
  const original: (...args: [number, number]) => unknown = log[name].bind(log);
  Object.defineProperty(log, name, {
    value: (...args: [number, number]) => {
      if (++count.calls === n) throw Object.assign(new Error('out of memory'), { code: 'SQLITE_NOMEM' });
      return original(...args);
    },
  });
};

describe('a group that cannot read for a moment', () => {
  test.each([
    ['on $all', 'readAllForwards', 1, undefined],
    ['with a filter', 'byPosition', 3, streams('a')],
  ] as const)('%s delivers all events in order', (_case, read, n, filter) =>
    withGroups(async (store, groups) => {
      await appendMany(store, 'a', 5);
      failOnce(store, read, n);
      await groups.put(onAll({ filter }), 'admin');
      const { consumer, received } = listing();
      groups.find('$all', 'group')?.add(consumer);
      await appendMany(store, 'a', 2);
      await waitUntil('the last event', () => received.includes('6@a'));
      expect(received.filter((name) => name.endsWith('@a'))).toEqual(
        [0, 1, 2, 3, 4, 5, 6].map((rev) => `${rev}@a`),
      );
    }),
  );
});

test('a group whose stream is deleted has nothing more to read', () =>
  withGroups(async (store, groups) => {
    await appendMany(store, 'a', 2);
    await store.writer.write((tx) => tombstone(tx, 'a', 'any'));
    await groups.put(onAll({ stream: 'a', startAfter: -1 }), 'admin');
    expect(groups.find('a', 'group')?.statistics().live).toBe(true);
  }));

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
    const buffered = (): number => group?.statistics().buffered ?? 0;
    await waitUntil('a full buffer', () => silent.received.length > 0 && buffered() > 2);
    expect(silent.received).toHaveLength(1);
    group?.remove(silent.consumer);
    await waitUntil('all events', () => new Set(eager.received).size === 40);
  }));

describe('a group keeps little in memory:', () => {
  test('a replay reads parked messages a page at a time', () =>
    withGroups(async (store, groups) => {
      await appendMany(store, 'a', 100);
      await groups.put(onAll({ stream: 'a', startAfter: -1 }), 'admin');
      const group = groups.find('a', 'group');
      const parking = listing();
      group?.add(parking.consumer);
      await waitUntil('all events', () => parking.ids.length === 100);
      group?.nack(parking.consumer, parking.ids, 'park', '');
      await waitUntil('the parked messages', () => group?.statistics().parked === 100);
      group?.remove(parking.consumer);
      group?.replayParked(Infinity);
      expect(group?.statistics().retries).toBe(20);
      const replayed = listing(10);
      group?.add(replayed.consumer);
      await waitUntil('all messages', () => {
        group?.ack(replayed.consumer, replayed.ids);
        return replayed.received.length === 100;
      });
      expect(replayed.received).toEqual(parking.received);
    }));

  test.each([1, 10_000])(
    'unacknowledged and waiting messages are limited by bytes, with a read batch of %s',
    (readBatchSize) =>
      withGroups(async (store, groups) => {
        await appendMany(store, 'a', 60, 900_000);
        const settings = { readBatchSize, historyBufferSize: 10_000, startAfter: -1 };
        await groups.put(onAll({ ...settings, stream: 'a' }), 'admin');
        const group = groups.find('a', 'group');
        expect(group?.statistics().buffered).toBeLessThan(20);
        const { consumer, received, ids } = listing(1_000_000);
        group?.add(consumer);
        await waitUntil('some events', () => received.length > 0);
        expect(consumer.inFlight).toBeLessThan(20);
        await waitUntil('all events', () => {
          group?.ack(consumer, ids);
          return received.length === 60;
        });
      }),
  );
});
