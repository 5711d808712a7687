import { closeSync, fdatasyncSync, fstatSync, openSync, statfsSync, writeSync } from 'node:fs';

/** Commits between two extensions; an idle store never takes the space. */
const COMMITS_PER_STEP = 64;
const STEP = Buffer.alloc(8 * 1024 * 1024);
/** A little more than the size at which the write-ahead log is checkpointed and restarts. */
const TARGET = 40 * 1024 * 1024;
/** With less free disk space than this, the log is not extended. */
const ROOM = 1024 * 1024 * 1024;

/**
 * Extends the write-ahead log with zeros in advance: a commit that overwrites them syncs in half the time of one that
 * grows the file. The database ignores frames of zeros, also after a crash.
 */
export class LogReserve {
  private commits = 0;
  private isDone = false;

  constructor(private readonly path: string) {}

  /** Called between transactions, after each commit. */
  committed(): void {
    if (this.isDone || ++this.commits % COMMITS_PER_STEP !== 0) return;
    try {
      this.isDone = !this.extend();
    } catch {
      // Commits only get slower.
      this.isDone = true;
    }
  }

  /** False when the log needs no further extension. */
  private extend(): boolean {
    const { bavail, bsize } = statfsSync(this.path);
    if (bavail * bsize < ROOM) return false;
    const file = openSync(this.path, 'r+');
    try {
      const { size } = fstatSync(file);
      if (size >= TARGET) return false;
      writeSync(file, STEP, 0, STEP.length, size);
      fdatasyncSync(file);
      return true;
    } finally {
      closeSync(file);
    }
  }
}
