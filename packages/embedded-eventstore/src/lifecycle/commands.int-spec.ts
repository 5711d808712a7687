import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { backup } from '../commands/backup.ts';
import { scavenge } from '../commands/scavenge.ts';
import { verify } from '../commands/verify.ts';
import { append, softDelete, tombstone, writeMetadata } from '../store/append.ts';
import { DATA_FILE } from '../store/database.ts';
import { HEAD_FILE } from '../store/head.ts';
import { Store } from '../store/store.ts';
import { appendMany, proposal, readAll, withDirectory, withStore } from './stores.ts';

const sizeOf = (dir: string): number => statSync(join(dir, DATA_FILE)).size;

describe('scavenge', () => {
  test('removes only events that truncation, deletes and tombstones made unreadable', async () => {
    await withDirectory(async (dir) => {
      const before = await withStore(dir, async (store) => {
        for (const stream of ['kept', 'counted', 'cut', 'deleted', 'entombed']) {
          await appendMany(store, stream, 50, 2_000);
        }
        await store.writer.write((tx) => {
          writeMetadata(tx, 'counted', Buffer.from('{"$maxCount":1}'));
          writeMetadata(tx, 'counted', Buffer.from('{"$maxCount":5}'));
          writeMetadata(tx, 'cut', Buffer.from('{"$tb":40}'));
          softDelete(tx, 'deleted', 'any');
          tombstone(tx, 'entombed', 'any');
        });
        return readAll(store, 'kept').map(({ pos }) => pos);
      });
      const size = sizeOf(dir);
      const result = scavenge(dir);
      expect(result.events).toBe(45 + 40 + 49 + 50 + 1);
      expect(sizeOf(dir)).toBeLessThan(size * 0.6);
      expect(verify(dir).faults).toEqual([]);
      await withStore(dir, async (store) => {
        expect(readAll(store, 'kept').map(({ pos }) => pos)).toEqual(before);
        expect(readAll(store, 'counted').map(({ rev }) => rev)).toEqual([45, 46, 47, 48, 49]);
        expect(readAll(store, 'cut')).toHaveLength(10);
        expect(store.reads.stream('deleted', 0, 1, false).kind).toBe('not_found');
        expect(store.reads.stream('entombed', 0, 1, false).kind).toBe('deleted');
        const outcome = await store.writer.write((tx) => append(tx, 'deleted', 'any', [proposal(0)]));
        expect(outcome).toMatchObject({ kind: 'written', revision: 50 });
      });
      expect(scavenge(dir).events).toBeLessThan(3);
    });
  });

  test('never reuses a position, also when the last event is removed', async () => {
    await withDirectory(async (dir) => {
      const last = await withStore(dir, async (store) => {
        await appendMany(store, 'gone', 2);
        await store.writer.write((tx) => tombstone(tx, 'gone', 'any'));
        await store.writer.write((tx) => writeMetadata(tx, 'gone', Buffer.from('{}')));
        return store.log.last;
      });
      scavenge(dir);
      await withStore(dir, async (store) => {
        expect(store.health.readOnlyReason).toBeUndefined();
        await appendMany(store, 'new', 1);
        expect(store.log.last).toBeGreaterThan(last);
      });
    });
  });

  test('is refused while the store is running', async () => {
    await withDirectory((dir) =>
      withStore(dir, () => {
        expect(() => scavenge(dir)).toThrow(/Another process is using/);
      }),
    );
  });
});

describe('verify', () => {
  test('finds no faults in a store, running or not', async () => {
    await withDirectory(async (dir) => {
      await withStore(dir, async (store) => {
        await appendMany(store, 'one', 20);
        await appendMany(store, 'two', 20);
        expect(verify(dir)).toMatchObject({ events: 40, streams: 2, faults: [] });
      });
      expect(verify(dir)).toMatchObject({ events: 40, streams: 2, faults: [] });
    });
  });

  test('finds a changed event, a missing event and a lost end', async () => {
    await withDirectory(async (dir) => {
      await withStore(dir, (store) => appendMany(store, 'one', 20));
      const change = (sql: string) => {
        const store = Store.open(dir);
        store.db.exec(sql);
        store.close();
        return verify(dir).faults.join('\n');
      };
      expect(change("UPDATE events SET data = '{}' WHERE rev = 3")).toMatch(/does not match its checksum/);
      expect(change("UPDATE events SET type = 'Other' WHERE rev = 5")).toMatch(/does not match its checksum/);
      expect(change('DELETE FROM events WHERE rev = 3')).toMatch(/has no event before revision 4/);
      expect(change('DELETE FROM events WHERE rev = 19')).toMatch(/Acknowledged events are missing/);
    });
  });

  test('fails without a store', async () => {
    await withDirectory((dir) =>
      expect(() => verify(join(dir, 'nothing'))).toThrow(/There is no event store/),
    );
  });
});

describe('backup', () => {
  test('copies a consistent snapshot of a running store', async () => {
    await withDirectory(async (dir) => {
      const source = join(dir, 'source');
      const target = join(dir, 'target');
      await withStore(source, async (store) => {
        await appendMany(store, 'one', 100);
        backup(source, target);
        await appendMany(store, 'one', 100);
      });
      expect(verify(target)).toMatchObject({ events: 100, faults: [] });
      await withStore(target, async (store) => {
        await appendMany(store, 'one', 1);
        expect(readAll(store, 'one').at(-1)?.rev).toBe(100);
      });
    });
  });

  test('never overwrites a store', async () => {
    await withDirectory(async (dir) => {
      await withStore(join(dir, 'a'), (store) => appendMany(store, 'one', 1));
      await withStore(join(dir, 'b'), (store) => appendMany(store, 'one', 2));
      expect(() => backup(join(dir, 'a'), join(dir, 'b'))).toThrow(/exists/);
      expect(verify(join(dir, 'b')).events).toBe(2);
    });
  });

  test('restored over a newer store makes it read-only', async () => {
    await withDirectory(async (dir) => {
      await withStore(dir, (store) => appendMany(store, 'one', 10));
      backup(dir, join(dir, 'copy'));
      await withStore(dir, (store) => appendMany(store, 'one', 10));
      const { copyFileSync, rmSync } = await import('node:fs');
      copyFileSync(join(dir, 'copy', DATA_FILE), join(dir, DATA_FILE));
      await withStore(dir, (store) => expect(store.health.readOnlyReason).toMatch(/were acknowledged/));
      rmSync(join(dir, HEAD_FILE));
      await withStore(dir, (store) => expect(store.health.readOnlyReason).toBeUndefined());
    });
  });
});
