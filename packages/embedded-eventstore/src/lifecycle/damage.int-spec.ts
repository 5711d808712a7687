import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';
import { jsonEvent, EventStoreDBClient } from '@eventstore/db-client';
import { runCommand } from '../acceptance/processes.ts';
import { startEventStore } from '../index.ts';
import { append } from '../store/append.ts';
import { DATA_FILE } from '../store/database.ts';
import { StoreWriteError } from '../store/errors.ts';
import { Store } from '../store/store.ts';
import { appendMany, proposal, readAll, withDirectory, withStore } from './stores.ts';

const dataFile = (dir: string): string => join(dir, DATA_FILE);
const filled = async (dir: string): Promise<void> => {
  await withStore(dir, (store) => appendMany(store, 'stream', 200, 1_000));
};
const refusedAppend = (store: Store) =>
  expect(store.writer.write((tx) => append(tx, 'stream', 'any', [proposal(0)]))).rejects.toBeInstanceOf(
    StoreWriteError,
  );

describe('a file that is damaged', () => {
  test('in the middle opens read-only, with its undamaged pages', async () => {
    await withDirectory(async (dir) => {
      await filled(dir);
      const file = openSync(dataFile(dir), 'r+');
      writeSync(file, Buffer.alloc(9_000, 0xaa), 0, 9_000, Math.floor(statSync(dataFile(dir)).size * 0.8));
      closeSync(file);
      const bytes = readFileSync(dataFile(dir));
      const lines: string[] = [];
      const store = Store.open(dir, { report: (line) => lines.push(line) });
      expect(lines.join()).toMatch(/read-only.*restore a backup/);
      await refusedAppend(store);
      const page = store.reads.stream('stream', 0, 50, false);
      expect(page.kind === 'page' && page.events).toHaveLength(50);
      store.close();
      expect(readFileSync(dataFile(dir)).equals(bytes)).toBe(true);
    });
  });

  test('by truncation opens read-only', async () => {
    await withDirectory(async (dir) => {
      await filled(dir);
      truncateSync(dataFile(dir), Math.floor(statSync(dataFile(dir)).size / 2 / 4096) * 4096);
      const open = async () => {
        const store = Store.open(dir);
        await refusedAppend(store);
        store.close();
        throw new Error(store.health.readOnlyReason);
      };
      await expect(open()).rejects.toThrow(/truncated|malformed|damaged/);
    });
  });

  test.each(['', '-wal'])('that lost its end%s opens read-only', async (suffix) => {
    await withDirectory(async (dir) => {
      await filled(dir);
      const whole = readFileSync(dataFile(dir));
      const store = Store.open(dir);
      await appendMany(store, 'stream', 10);
      // As a kill leaves it, but without the newest events.
      const log = readFileSync(`${dataFile(dir)}-wal`);
      store.close();
      writeFileSync(dataFile(dir), whole);
      if (suffix === '-wal')
        writeFileSync(`${dataFile(dir)}-wal`, log.subarray(0, Math.floor(log.length / 2)));
      await withStore(dir, async (again) => {
        expect(again.health.readOnlyReason).toMatch(/were acknowledged/);
        await refusedAppend(again);
        expect(readAll(again, 'stream').length).toBeGreaterThanOrEqual(200);
      });
    });
  });

  test('or empty is not replaced', async () => {
    await withDirectory(async (dir) => {
      await filled(dir);
      truncateSync(dataFile(dir), 0);
      expect(() => Store.open(dir)).toThrow(/missing or empty/);
    });
  });

  test('or of another program is refused and unchanged', async () => {
    await withDirectory(async (dir) => {
      writeFileSync(dataFile(dir), 'these are my own notes, not events');
      expect(() => Store.open(dir)).toThrow(/is not a file of this event store/);
      expect(readFileSync(dataFile(dir), 'utf8')).toBe('these are my own notes, not events');
    });
    await withDirectory(async (dir) => {
      const { default: Database } = await import('libsql');
      const other = new Database(dataFile(dir));
      other.exec('CREATE TABLE notes (text TEXT)');
      other.close();
      expect(() => Store.open(dir)).toThrow(/is not a file of this event store/);
    });
  });
});

describe('a directory', () => {
  test('can be opened by one process at a time', async () => {
    await withDirectory((dir) =>
      withStore(dir, () => {
        expect(() => Store.open(dir)).toThrow(/Another process is using/);
      }),
    );
  });

  test('stays closed to other processes when it is opened again in this one', async () => {
    await withDirectory((dir) =>
      withStore(dir, () => {
        expect(() => Store.open(dir)).toThrow(/Another process is using/);
        const other = runCommand('scavenge', '--data', dir);
        expect(other).toMatchObject({ code: 1 });
        expect(other.output).toMatch(/^event-store: Another process is using .*\n$/);
      }),
    );
  });

  test('that cannot be created is reported', async () => {
    await withDirectory((dir) => {
      writeFileSync(join(dir, 'file'), '');
      for (const path of [join(dir, 'file', 'inside'), join(dir, 'file')])
        expect(() => Store.open(path)).toThrow(
          /^Cannot use the directory .*: choose another --data directory/,
        );
    });
  });
});

describe('a full disk', () => {
  test('refuses appends until there is room and loses nothing', async () => {
    await withDirectory(async (dir) => {
      const lines: string[] = [];
      const store = Store.open(dir, { report: (line) => lines.push(line) });
      await appendMany(store, 'stream', 50);
      store.db.exec('PRAGMA max_page_count = 1');
      const big = Array.from({ length: 200 }, (_, n) => proposal(n, 4_000));
      const attempt = store.writer.write((tx) => append(tx, 'stream', 'any', big));
      await expect(attempt).rejects.toThrow(/The disk is full/);
      expect(lines).toEqual([expect.stringMatching(/the disk is full/)]);
      expect(readAll(store, 'stream')).toHaveLength(50);
      store.db.exec('PRAGMA max_page_count = 1000000');
      await store.writer.write((tx) => append(tx, 'stream', 49, big));
      expect(readAll(store, 'stream')).toHaveLength(250);
      store.close();
    });
  });
});

// grpc-js would log the failed attempt too.
setLogVerbosity(logVerbosity.NONE);

test('a port in use is reported and leaves the directory unlocked', async () => {
  await withDirectory(async (dir) => {
    const first = await startEventStore({ dir: join(dir, 'a') });
    const second = startEventStore({ dir: join(dir, 'b'), port: first.port });
    await expect(second).rejects.toThrow(/Port \d+ is in use/);
    await withStore(join(dir, 'b'), (store) => expect(store.health.readOnlyReason).toBeUndefined());
    await first.stop();
  });
});

test('stopping ends open streams and keeps acknowledged events', async () => {
  await withDirectory(async (dir) => {
    const store = await startEventStore({ dir });
    const client = EventStoreDBClient.connectionString(store.connectionString);
    const errors: string[] = [];
    for (let i = 0; i < 5; i++) {
      client.subscribeToAll().on('error', (error) => errors.push((error as { type?: string }).type ?? ''));
    }
    await client.appendToStream('kept', jsonEvent({ type: 'Tested', data: {} }));
    await store.stop();
    expect(errors).toEqual(Array.from({ length: 5 }, () => 'cancelled'));
    await client.dispose();
    await withStore(dir, (again) => expect(readAll(again, 'kept')).toHaveLength(1));
  });
});
