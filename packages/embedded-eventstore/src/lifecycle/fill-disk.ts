import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { append } from '../store/append.ts';
import { DATA_FILE } from '../store/database.ts';
import { messageOf } from '../store/errors.ts';
import { Store } from '../store/store.ts';
import { proposal, readAll } from './stores.ts';

/** What a store does on a disk that is full. */
export interface FullDiskReport {
  readonly refusal: string | undefined;
  readonly acknowledged: number;
  /** The events in a copy of the files as a crash after the refusal leaves them. */
  readonly afterCrash: number;
  readonly readOnlyReason: string | undefined;
  /** The refusal of the same append with room again. */
  readonly refusalWithRoom: string | undefined;
  readonly stored: number;
}

const MIB = Buffer.alloc(1024 * 1024);
/** More frames than the first part of the log's index holds. */
const LOG_MIB = 24;
/** Until not even a commit of one frame fits into the index. */
const REPETITIONS = 20;

/** Writes to the file until the disk is full. */
const fill = (path: string): void => {
  const file = openSync(path, 'w');
  for (const piece of [MIB, MIB.subarray(0, 4096)]) {
    try {
      for (;;) writeSync(file, piece);
    } catch (error) {
      if (!/ENOSPC/.test(messageOf(error))) throw error;
    }
  }
  closeSync(file);
};

/** Extends the write-ahead log, as a busy store does. */
const extendLog = (dir: string): void => {
  const path = join(dir, `${DATA_FILE}-wal`);
  const file = openSync(path, 'r+');
  for (let n = 0, { size } = statSync(path); n < LOG_MIB; n++)
    writeSync(file, MIB, 0, MIB.length, size + n * MIB.length);
  closeSync(file);
};

const countEvents = (store: Store): number => readAll(store, 'stream').length;

const countIn = (dir: string): number => {
  const store = Store.open(dir);
  const count = countEvents(store);
  store.close();
  return count;
};

const appendTo = async (store: Store, n: number): Promise<string | undefined> => {
  try {
    await store.writer.write((tx) => append(tx, 'stream', 'any', [proposal(n, 10_000)]));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
};

/** @param disk a small disk, on which nothing else is stored; `copy` is on another one */
const run = async (disk: string, copy: string): Promise<FullDiskReport> => {
  const dir = join(disk, 'data');
  const store = Store.open(dir);
  await appendTo(store, 0);
  extendLog(dir);
  fill(join(disk, 'filler'));
  let acknowledged = 1;
  let refusal: string | undefined;
  while ((refusal = await appendTo(store, acknowledged)) === undefined) acknowledged++;
  for (let n = 0; n < REPETITIONS && refusal !== undefined; n++)
    refusal = await appendTo(store, acknowledged);
  execFileSync('cp', ['-r', dir, copy]);
  const afterCrash = countIn(copy);
  rmSync(join(disk, 'filler'));
  const refusalWithRoom = await appendTo(store, acknowledged);
  const { readOnlyReason } = store.health;
  store.close();
  return { refusal, acknowledged, afterCrash, readOnlyReason, refusalWithRoom, stored: countIn(dir) };
};

const [disk = '', copy = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await run(disk, copy)));
