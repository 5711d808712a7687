import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FILE } from '../store/database.ts';
import { messageOf, StoreOpenError } from '../store/errors.ts';
import { DELETED_REVISION } from '../store/records.ts';
import { isMetastream, originalStreamOf } from '../store/stream-names.ts';
import { Store } from '../store/store.ts';
import type { Stream } from '../store/streams.ts';

const STREAMS_PER_TRANSACTION = 1_000;

interface ScavengeResult {
  readonly events: number;
  readonly bytes: number;
}

/**
 * Removes the events that truncation, soft deletes and tombstones made unreadable. The store must not be running. The
 * last event of a stream stays, so that its revisions continue; a tombstone stays. Throws StoreOpenError.
 */
export const scavenge = (dir: string): ScavengeResult => {
  const store = Store.open(dir);
  try {
    if (store.health.readOnlyReason !== undefined)
      throw new StoreOpenError('corrupt', store.health.readOnlyReason);
    const before = statSync(join(dir, DATA_FILE)).size;
    const events = removeAll(store);
    if (events > 0) compact(store);
    return { events, bytes: before - statSync(join(dir, DATA_FILE)).size };
  } finally {
    store.close();
  }
};

const removeAll = (store: Store): number => {
  const names = store.db.prepare('SELECT sid, name FROM streams WHERE sid > ? ORDER BY sid LIMIT ?').raw();
  const remember = store.db.prepare('INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)');
  const read = (after: number) => names.all([after, STREAMS_PER_TRANSACTION]) as [number, string][];
  let removed = 0;
  for (let page = read(0); page.length > 0; page = read(page.at(-1)?.[0] ?? 0)) {
    store.db.exec('BEGIN IMMEDIATE');
    try {
      remember.run(['scavenged_to', store.log.last]);
      remember.run(['next', store.log.next]);
      for (const [, name] of page) removed += remove(store, store.streams.get(name));
      store.db.exec('COMMIT');
    } catch (error) {
      if (store.db.inTransaction) store.db.exec('ROLLBACK');
      throw error;
    }
  }
  return removed;
};

const remove = ({ db, streams }: Store, stream: Stream): number => {
  const { name, sid, last } = stream;
  const isGone = isMetastream(name) && streams.get(originalStreamOf(name)).last === DELETED_REVISION;
  if (isGone) return db.prepare('DELETE FROM events WHERE sid = ?').run([sid]).changes;
  const { truncateBefore, maxCount, maxAge, softDeleted } = streams.metadata(stream);
  const gone = last === DELETED_REVISION || softDeleted;
  const kept = maxCount === undefined ? 0 : last - maxCount + 1;
  const first = gone ? last : Math.min(last, Math.max(truncateBefore, kept));
  const expired = maxAge === undefined ? 0 : Date.now() * 1000 - maxAge;
  if (first <= 0 && expired <= 0) return 0;
  return db
    .prepare('DELETE FROM events WHERE sid = ? AND rev < ? AND (rev < ? OR created < ?)')
    .run([sid, last, first, expired]).changes;
};

/** Returns the freed pages to the file system. Events stay removed when there is no room for that. */
const compact = ({ db }: Store): void => {
  try {
    db.exec('VACUUM');
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    throw new StoreOpenError('unusable', `Removed, but cannot shrink the file: ${messageOf(error)}`);
  }
};
