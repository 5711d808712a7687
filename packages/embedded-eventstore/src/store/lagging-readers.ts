import { connect } from './database.ts';
import type { Health } from './errors.ts';
import { EventLog } from './event-log.ts';
import type { Sqlite } from './layout.ts';
import type { EventRecord } from './records.ts';
import { Streams } from './streams.ts';

/** Readers lag after each commit with a conflict, and after every n-th other one. */
const LAG_EVERY = 8;

/**
 * Readers on a separate connection that lag behind the writer after some commits, like the index of EventStoreDB.
 * The loser of a conflict is answered at once and may not see the winner's events yet. The winner is answered when they are
 * visible.
 */
export class LaggingReaders {
  readonly log: EventLog;
  readonly streams: Streams;
  private readonly db: Sqlite;
  private commits = 0;
  /** Runs while readers lag. */
  private timer: NodeJS.Timeout | undefined;
  private hidden: { readonly events: readonly EventRecord[]; readonly show: () => void }[] = [];

  constructor(
    path: string,
    health: Health,
    private readonly lagMs: number,
    cacheCapacity: number,
  ) {
    this.db = connect(path);
    this.log = new EventLog(this.db, health, cacheCapacity);
    this.streams = new Streams(this.log, cacheCapacity);
  }

  /** Called before a commit: decides whether readers stay at the present state. */
  beforeCommit(hasConflict: boolean): void {
    if (this.timer || (!hasConflict && ++this.commits % LAG_EVERY !== 0)) return;
    this.db.exec('BEGIN');
    // The first read of a transaction takes its snapshot.
    this.log.reload();
    this.timer = setTimeout(() => this.catchUp(), this.lagMs);
  }

  /** Calls `show` when readers see the events of the commit. */
  afterCommit(events: readonly EventRecord[], show: () => void): void {
    this.hidden.push({ events, show });
    if (!this.timer) this.showAll();
  }

  /** Ends the lag. */
  catchUp(): void {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.db.exec('COMMIT');
    this.showAll();
  }

  close(): void {
    this.catchUp();
    this.db.close();
  }

  private showAll(): void {
    this.log.reload();
    const shown = this.hidden;
    this.hidden = [];
    for (const { events } of shown) for (const { stream } of events) this.streams.forget(stream);
    for (const { show } of shown) show();
  }
}
