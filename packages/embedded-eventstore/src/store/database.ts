import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Database from 'libsql';
import { messageOf, sqliteCode, StoreOpenError } from './errors.ts';
import { inspect } from './inspect.ts';
import type { Sqlite } from './layout.ts';

export const DATA_FILE = 'events.db';
const LOCK_FILE = 'lock.db';
/** 'TSes': identifies files of this event store. */
const APPLICATION_ID = 0x54536573;
const SCHEMA_VERSION = 2;

const SCHEMA = `
  CREATE TABLE streams (sid INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE events (
    pos INTEGER PRIMARY KEY, sid INTEGER NOT NULL, rev INTEGER NOT NULL, id BLOB NOT NULL, type TEXT NOT NULL,
    is_json INTEGER NOT NULL, created INTEGER NOT NULL, crc INTEGER NOT NULL, meta BLOB NOT NULL, data BLOB NOT NULL
  );
  CREATE UNIQUE INDEX events_by_revision ON events (sid, rev);
  CREATE INDEX events_by_id ON events (sid, id);
  CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

interface OpenFile {
  readonly db: Sqlite;
  /** Why the file must not be written, if it is damaged; undamaged pages can be read. */
  readonly damage: string | undefined;
}

/** Opens the store's file in `dir`; creates both when missing, unless the file `mustExist`. */
export const openFile = (dir: string, mustExist: boolean): OpenFile => {
  const path = join(dir, DATA_FILE);
  const isNew = !existsSync(path) || statSync(path).size === 0;
  if (isNew && mustExist) {
    throw new StoreOpenError('corrupt', `${path} is missing or empty, but held events: restore a backup`);
  }
  if (!isNew) checkHeader(path);
  const db = connect(path);
  try {
    if (isNew) db.exec('PRAGMA page_size = 4096');
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536');
    db.exec('PRAGMA wal_autocheckpoint = 8000; PRAGMA temp_store = MEMORY');
    if (isNew || !hasSchema(db)) db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
    else checkOwner(db, path);
  } catch (error) {
    db.close();
    throw openError(error, path);
  }
  return { db, damage: isNew ? undefined : findDamage(db, path) };
};

export const pragma = (db: Sqlite, name: string): number => {
  const value = db.prepare(`PRAGMA ${name}`).raw().get();
  return Array.isArray(value) ? Number(value[0]) : 0;
};

/** Without `recursive`: where no folder can be created, as in /proc, Node would never return. */
const makeDirectory = (dir: string): void => {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(resolve(dir));
  if (parent !== resolve(dir)) makeDirectory(parent);
  mkdirSync(dir);
};

/**
 * Creates the file unless it exists. It never opens one that exists: closing any descriptor of a file releases all locks
 * that the process has on it.
 */
const createFile = (path: string): void => {
  try {
    closeSync(openSync(path, 'ax'));
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
  accessSync(path, constants.R_OK | constants.W_OK);
};

/** Locks `dir` until the returned function is called or the process ends. */
export const lockDirectory = (dir: string): (() => void) => {
  try {
    makeDirectory(dir);
    // The database does not report why it cannot create a file.
    createFile(join(dir, LOCK_FILE));
  } catch (error) {
    const reason = `${messageOf(error)}: choose another --data directory, which can be written`;
    throw new StoreOpenError('unusable', `Cannot use the directory ${dir}: ${reason}`);
  }
  const lock = connect(join(dir, LOCK_FILE));
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!sqliteCode(error).startsWith('SQLITE_BUSY')) throw openError(error, join(dir, LOCK_FILE));
    throw new StoreOpenError(
      'locked',
      `Another process is using ${dir}: stop it, or choose another --data directory`,
    );
  }
  return () => lock.close();
};

/** Opens a database file. Throws StoreOpenError. */
export const connect = (path: string): Sqlite => {
  try {
    return new Database(path, { timeout: 0 });
  } catch (error) {
    throw openError(error, path);
  }
};

const openError = (error: unknown, path: string): Error => {
  if (error instanceof StoreOpenError) return error;
  const code = sqliteCode(error);
  if (code.startsWith('SQLITE_NOTADB')) return foreign(path);
  if (code.startsWith('SQLITE_CORRUPT')) {
    return new StoreOpenError('corrupt', `${path} is damaged: restore a backup (${messageOf(error)})`);
  }
  if (code.startsWith('SQLITE_FULL') || isFull(path))
    return new StoreOpenError('unusable', `The disk of ${path} is full`);
  return new StoreOpenError('unusable', `Cannot open ${path}: ${messageOf(error)}`);
};

const isFull = (path: string): boolean => statfsSync(dirname(path)).bavail === 0;

const foreign = (path: string): StoreOpenError =>
  new StoreOpenError('foreign', `${path} is not a file of this event store: choose another --data directory`);

const checkHeader = (path: string): void => {
  const header = Buffer.alloc(16);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, 16, 0);
  } finally {
    closeSync(file);
  }
  if (header.toString('latin1') !== 'SQLite format 3\0') throw foreign(path);
};

const hasSchema = (db: Sqlite): boolean =>
  db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').raw().get() !== undefined;

const checkOwner = (db: Sqlite, path: string): void => {
  if (pragma(db, 'application_id') !== APPLICATION_ID) throw foreign(path);
  const version = pragma(db, 'user_version');
  if (version !== SCHEMA_VERSION) {
    const [age, advice] =
      version > SCHEMA_VERSION
        ? ['a newer', 'upgrade the event store']
        : ['an older', 'choose another --data directory'];
    throw new StoreOpenError('version', `${path} was written by ${age} version: ${advice}`);
  }
};

/** Smaller files are checked completely at every start. In bytes. */
const SMALL_FILE_BYTES = 64 * 1024 * 1024;

/** Checks small files completely and large ones superficially; `verify` checks any file completely. */
const findDamage = (db: Sqlite, path: string): string | undefined => {
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const expected = pragma(db, 'page_count') * pragma(db, 'page_size');
    const actual = statSync(path).size;
    if (actual < expected) return `the file is truncated: ${actual} bytes of ${expected}`;
    if (actual <= SMALL_FILE_BYTES) return inspect(db).faults[0];
    db.prepare('SELECT pos, length(data) FROM events ORDER BY pos DESC LIMIT 1000').raw().all();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
};
