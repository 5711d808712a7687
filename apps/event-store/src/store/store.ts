import { openFile, lockDirectory, type Sqlite } from './database.ts';
import { messageOf, StoreOpenError } from './errors.ts';
import { EventLog } from './eventLog.ts';
import { Reads } from './reads.ts';
import type { EventRecord } from './records.ts';
import { Streams } from './streams.ts';
import { Writer } from './writer.ts';

export type CommitListener = (events: readonly EventRecord[]) => void;

/** One open directory of events. */
export class Store {
  readonly log: EventLog;
  readonly streams: Streams;
  readonly reads: Reads;
  readonly writer: Writer;
  private readonly listeners = new Set<CommitListener>();

  private constructor(
    readonly dir: string,
    private readonly db: Sqlite,
    private readonly unlock: () => void,
  ) {
    this.log = new EventLog(db);
    this.streams = new Streams(this.log);
    this.reads = new Reads(this.log, this.streams);
    this.writer = new Writer(db, this.log, this.streams, (events) => {
      for (const listener of this.listeners) listener(events);
    });
  }

  /** Opens `dir`, making it when missing. Throws StoreOpenError. */
  static open(dir: string): Store {
    const unlock = lockDirectory(dir);
    try {
      const { db, damage } = openFile(dir);
      const store = new Store(dir, db, unlock);
      store.writer.refusal = damage;
      return store;
    } catch (error) {
      unlock();
      if (error instanceof StoreOpenError) throw error;
      throw new StoreOpenError('corrupt', `${dir} is damaged: restore a backup (${messageOf(error)})`);
    }
  }

  /** Calls `listener` with the events of every commit, in order. */
  onCommit(listener: CommitListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.writer.flush();
    if (this.writer.refusal === undefined) {
      try {
        this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch {
        // The log file keeps what the data file could not take; the next start reads both.
      }
    }
    this.db.close();
    this.unlock();
  }
}
