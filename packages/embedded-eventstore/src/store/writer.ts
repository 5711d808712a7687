import { isConflict, type Transaction } from './append.ts';
import type { Sqlite } from './layout.ts';
import {
  messageOf,
  OutcomeUnknownError,
  SHARED_INDEX_NOT_EXTENDED,
  sqliteCode,
  StoreWriteError,
  type Health,
} from './errors.ts';
import type { EventLog } from './event-log.ts';
import type { LaggingReaders } from './lagging-readers.ts';
import type { EventRecord } from './records.ts';
import type { Streams } from './streams.ts';

const MAX_GROUP_SIZE = 1_000;
const MAX_WAIT_MS = 2;

export type WriteError = StoreWriteError | OutcomeUnknownError;

interface Write {
  /** Runs inside the transaction and keeps its result. */
  run(tx: Transaction): void;
  /** Called once: after the commit, or with the error that prevented it. */
  settle(error?: WriteError): void;
  isConflict(): boolean;
}

/** Group commit: all writes of one event-loop turn share a transaction and are answered once it is on disk. */
export class Writer {
  private queue: Write[] = [];
  private scheduled = false;
  private waitingSince = 0;
  /** Running averages: the size of a group, and the duration of its commit. */
  private averageSize = 1;
  private commitMs = 0;

  constructor(
    private readonly db: Sqlite,
    private readonly log: EventLog,
    private readonly streams: Streams,
    private readonly health: Health,
    private readonly publish: (events: readonly EventRecord[]) => void,
    private readonly readers: LaggingReaders | undefined,
  ) {}

  /** Runs `work` in the next group; `done` is called with its result once it is durable. */
  submit<T>(work: (tx: Transaction) => T, done: (error: WriteError | undefined, result?: T) => void): void {
    let result: T;
    this.queue.push({
      run: (tx) => (result = work(tx)),
      settle: (error) => (error ? done(error) : done(undefined, result)),
      isConflict: () => isConflict(result),
    });
    if (this.scheduled) return;
    this.scheduled = true;
    this.waitingSince = performance.now();
    setImmediate(() => setImmediate(() => this.gather()));
  }

  /** Waits for about as many writes as usual, but at most half the duration of a commit. */
  private gather(): void {
    if (!this.scheduled) return;
    const maxWait = Math.min(MAX_WAIT_MS, this.commitMs / 2);
    if (this.queue.length >= this.averageSize * 0.75 || performance.now() - this.waitingSince >= maxWait)
      this.commitAll();
    else setImmediate(() => this.gather());
  }

  write<T>(work: (tx: Transaction) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.submit(work, (error, result) => (error ? reject(error) : resolve(result as T)));
    });
  }

  /** Commits all waiting writes and answers them. */
  flush(): void {
    this.commitAll();
    this.readers?.catchUp();
  }

  private commitAll(): void {
    this.scheduled = false;
    while (this.queue.length > 0) {
      const group = this.queue.slice(0, MAX_GROUP_SIZE);
      this.queue = this.queue.slice(MAX_GROUP_SIZE);
      const startedAt = performance.now();
      this.commit(group);
      this.averageSize = this.averageSize * 0.75 + group.length * 0.25;
      this.commitMs = this.commitMs * 0.75 + (performance.now() - startedAt) * 0.25;
    }
  }

  private commit(group: readonly Write[]): void {
    const events: EventRecord[] = [];
    const error =
      this.health.readOnlyReason === undefined
        ? this.runAll(group, events)
        : refused(this.health.readOnlyReason);
    if (!error) {
      this.finish(group, events);
    } else if (group.length === 1 || this.health.readOnlyReason !== undefined) {
      for (const write of group) write.settle(error);
    } else {
      for (const write of group) this.commit([write]);
    }
  }

  private finish(group: readonly Write[], events: readonly EventRecord[]): void {
    const show = (writes: readonly Write[]): void => {
      if (events.length > 0) this.publish(events);
      for (const write of writes) write.settle();
    };
    if (!this.readers) return show(group);
    for (const write of group) if (write.isConflict()) write.settle();
    const others = group.filter((write) => !write.isConflict());
    this.readers.afterCommit(events, () => show(others));
  }

  private runAll(group: readonly Write[], events: EventRecord[]): WriteError | undefined {
    const tx = { log: this.log, streams: this.streams, events, now: Date.now() * 1000 };
    let isCommitting = false;
    try {
      this.db.exec('BEGIN IMMEDIATE');
      for (const write of group) write.run(tx);
      this.readers?.beforeCommit(events.length > 0 && group.some((write) => write.isConflict()));
      isCommitting = true;
      this.db.exec('COMMIT');
      this.health.writeSucceeded();
      return undefined;
    } catch (error) {
      return this.rollBack(error, isCommitting);
    }
  }

  private rollBack(cause: unknown, wasCommitting: boolean): WriteError {
    this.reset();
    const code = sqliteCode(cause);
    if (this.health.lacksRoom(code)) {
      this.health.diskFull();
      const isInLog = wasCommitting && code === SHARED_INDEX_NOT_EXTENDED;
      return isInLog && !this.overwriteCommit()
        ? outcomeUnknown(messageOf(cause))
        : new StoreWriteError('The disk is full: nothing was stored');
    }
    if (/^SQLITE_(IOERR|CORRUPT|NOTADB|READONLY)/.test(code)) this.health.makeReadOnly(messageOf(cause));
    return wasCommitting && code.startsWith('SQLITE_IOERR')
      ? outcomeUnknown(messageOf(cause))
      : refused(messageOf(cause));
  }

  /** Ends a failed transaction. */
  private reset(): void {
    try {
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      this.streams.clear();
      this.log.reload();
    } catch (error) {
      this.health.makeReadOnly(messageOf(error));
    }
  }

  /**
   * A commit fails after its frames are in the write-ahead log when the log's index cannot be extended; a start after a crash
   * would take them for stored. Overwrites them by a commit without events; it is in the log even if it fails likewise.
   */
  private overwriteCommit(): boolean {
    let isCommitting = false;
    try {
      this.db.exec(`BEGIN IMMEDIATE; REPLACE INTO facts (name, value) VALUES ('refused', ${Date.now()})`);
      isCommitting = true;
      this.db.exec('COMMIT');
      return true;
    } catch (error) {
      this.reset();
      return isCommitting && sqliteCode(error) === SHARED_INDEX_NOT_EXTENDED;
    }
  }
}

const outcomeUnknown = (reason: string): OutcomeUnknownError =>
  new OutcomeUnknownError(`It is not known whether the write was stored: ${reason}`);

const refused = (reason: string): StoreWriteError =>
  new StoreWriteError(`The store does not accept writes: ${reason}`);
