import { join } from 'node:path';
import { DEFAULT_CACHE_CAPACITY } from './bounded-cache.ts';
import { DATA_FILE, lockDirectory, openFile } from './database.ts';
import type { Sqlite } from './layout.ts';
import { Health, messageOf, StoreOpenError } from './errors.ts';
import { hasRoom } from './disk-room.ts';
import { Head, HEAD_FILE } from './head.ts';
import { EventLog } from './event-log.ts';
import { LaggingReaders } from './lagging-readers.ts';
import { LogReserve } from './log-reserve.ts';
import { Reads } from './reads.ts';
import type { EventRecord } from './records.ts';
import { Streams } from './streams.ts';
import { Writer } from './writer.ts';

type CommitListener = (events: readonly EventRecord[]) => void;

interface StoreOptions {
  /** Called with lines for the operator. */
  readonly report?: (line: string) => void;
  /** How long readers lag behind the writer after some commits, in milliseconds. */
  readonly lagMs?: number;
  /** The number of streams whose state is kept in memory. */
  readonly cacheCapacity?: number;
}

/** An open data directory. `log`, `streams` and `reads` are what readers see. */
export class Store {
  readonly log: EventLog;
  readonly streams: Streams;
  readonly reads: Reads;
  readonly writer: Writer;
  private readonly readers: LaggingReaders | undefined;
  private readonly listeners = new Set<CommitListener>();

  private constructor(
    readonly dir: string,
    readonly db: Sqlite,
    readonly health: Health,
    private readonly head: Head,
    private readonly unlock: () => void,
    { lagMs, cacheCapacity = DEFAULT_CACHE_CAPACITY }: StoreOptions,
  ) {
    const log = new EventLog(db, health, cacheCapacity);
    const streams = new Streams(log, cacheCapacity);
    this.readers =
      lagMs === undefined
        ? undefined
        : new LaggingReaders(join(dir, DATA_FILE), health, lagMs, cacheCapacity);
    this.log = this.readers?.log ?? log;
    this.streams = this.readers?.streams ?? streams;
    this.reads = new Reads(this.log, this.streams);
    const reserve = new LogReserve(join(dir, `${DATA_FILE}-wal`));
    const publish = (events: readonly EventRecord[]): void => {
      head.write(log.last);
      reserve.committed();
      for (const listener of this.listeners) listener(events);
    };
    this.writer = new Writer(db, log, streams, health, publish, this.readers);
  }

  /** Opens `dir`, or creates it. Throws StoreOpenError. */
  static open(dir: string, options: StoreOptions = {}): Store {
    const { report = () => {} } = options;
    const unlock = lockDirectory(dir);
    let head: Head | undefined;
    try {
      head = Head.open(dir);
      const { db, damage } = openFile(dir, head.position > 0);
      const store = new Store(dir, db, new Health(report, () => hasRoom(dir)), head, unlock, options);
      const reason = damage ?? findLoss(head.position, store.log);
      if (reason !== undefined) store.health.makeReadOnly(reason);
      return store;
    } catch (error) {
      head?.close();
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
    this.readers?.close();
    if (this.health.readOnlyReason === undefined) {
      try {
        this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch {
        // The write-ahead log keeps the rest; the next start reads both.
      }
    }
    this.db.close();
    this.head.close();
    this.unlock();
  }
}

/** A scavenge may remove the last event, but keeps the next position. */
const findLoss = (acknowledged: number, { last, next }: EventLog): string | undefined =>
  last >= acknowledged || next > acknowledged
    ? undefined
    : `events up to position ${acknowledged} were acknowledged, but the file ends at ${last} ` +
      `(after restoring an older backup on purpose, delete the file '${HEAD_FILE}')`;
