import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { connect, DATA_FILE } from '../store/database.ts';
import { messageOf, StoreOpenError } from '../store/errors.ts';

/**
 * Copies a consistent snapshot of a store, running or not, into the directory `target`. A store can be started on the
 * copy. Returns its size in bytes. Throws StoreOpenError.
 */
export const backup = (dir: string, target: string): number => {
  const source = join(dir, DATA_FILE);
  const copy = join(target, DATA_FILE);
  if (!existsSync(source)) throw new StoreOpenError('unusable', `There is no event store in ${dir}`);
  if (existsSync(copy)) throw new StoreOpenError('unusable', `${copy} exists: choose another --to directory`);
  mkdirSync(target, { recursive: true });
  const partial = `${copy}.partial`;
  rmSync(partial, { force: true });
  const db = connect(source);
  try {
    db.exec(`VACUUM INTO '${partial.replaceAll("'", "''")}'`);
    useLog(partial);
    sync(partial);
    renameSync(partial, copy);
    sync(target);
  } catch (error) {
    rmSync(partial, { force: true });
    throw new StoreOpenError('unusable', `Cannot copy to ${target}: ${messageOf(error)}`);
  } finally {
    db.close();
  }
  return statSync(copy).size;
};

/** Switches the copy to a write-ahead log, as a store uses it. */
const useLog = (path: string): void => {
  const db = connect(path);
  db.exec('PRAGMA journal_mode = WAL');
  db.close();
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
};

const sync = (path: string): void => {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};
