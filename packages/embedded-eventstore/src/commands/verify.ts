import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connect, DATA_FILE, pragma } from '../store/database.ts';
import { StoreOpenError } from '../store/errors.ts';
import { Head } from '../store/head.ts';
import { inspect, type Inspection } from '../store/inspect.ts';

/** Checks the files from end to end; the store may be running. Throws StoreOpenError when there is nothing to check. */
export const verify = (dir: string): Inspection => {
  const path = join(dir, DATA_FILE);
  if (!existsSync(path)) throw new StoreOpenError('unusable', `There is no event store in ${dir}`);
  const head = Head.open(dir);
  head.close();
  const db = connect(path);
  try {
    const size = pragma(db, 'page_count') * pragma(db, 'page_size');
    // One read transaction, so that a running store does not interfere.
    db.exec('BEGIN');
    const inspection = inspect(db);
    const next = db.prepare("SELECT coalesce(max(value), 0) FROM facts WHERE name = 'next'").raw().get();
    const last = Math.max(inspection.last, (next as [number])[0]);
    db.exec('COMMIT');
    const lost = last < head.position && size > 0;
    return {
      ...inspection,
      faults: lost
        ? [
            ...inspection.faults,
            `Acknowledged events are missing: the file ends at ${last}, not ${head.position}`,
          ]
        : inspection.faults,
    };
  } catch (error) {
    if (error instanceof Error) return { events: 0, streams: 0, last: 0, faults: [error.message] };
    throw error;
  } finally {
    db.close();
  }
};
