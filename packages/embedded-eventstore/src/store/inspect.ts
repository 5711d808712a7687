import { messageOf } from './errors.ts';
import { checksum, RECORD_OVERHEAD, type Sqlite } from './layout.ts';
import { DELETED_REVISION } from './records.ts';

const PAGE = 500;

export interface Inspection {
  readonly events: number;
  readonly streams: number;
  /** The position of the last event. */
  readonly last: number;
  /** The faults, at most a few dozen lines; empty: none. */
  readonly faults: readonly string[];
}

const MAX_FAULTS = 50;

/** Reads every page and every event: structure, checksums, positions, revisions without gaps. */
export const inspect = (db: Sqlite): Inspection => {
  const faults: string[] = [];
  const report = (fault: string): void => {
    if (faults.length < MAX_FAULTS) faults.push(fault);
  };
  let events = 0;
  let streams = 0;
  let last = 0;
  try {
    checkStructure(db, report);
    ({ count: events, last } = checkEvents(db, report));
    streams = checkRevisions(db, report);
  } catch (error) {
    report(messageOf(error));
  }
  return { events, streams, last, faults };
};

const checkStructure = (db: Sqlite, report: (fault: string) => void): void => {
  const rows = db.prepare('PRAGMA integrity_check(20)').raw().all() as [string][];
  for (const [line] of rows) if (line !== 'ok') report(line);
};

type Row = [
  pos: number,
  type: string,
  isJson: number,
  created: number,
  meta: Buffer,
  data: Buffer,
  crc: number,
  name: string | null,
];

const checkEvents = (db: Sqlite, report: (fault: string) => void): { count: number; last: number } => {
  const page = db
    .prepare(
      `SELECT pos, type, is_json, created, meta, data, crc, name FROM events LEFT JOIN streams USING (sid)
       WHERE pos >= ? ORDER BY pos LIMIT ${PAGE}`,
    )
    .raw();
  let count = 0;
  let last = 0;
  let next = 1;
  for (let rows = page.all([0]) as Row[]; rows.length > 0; rows = page.all([next]) as Row[]) {
    for (const [pos, type, isJson, created, meta, data, crc, name] of rows) {
      const content = { type, isJson: isJson === 1, created, data, meta };
      if (pos < next) report(`The event at position ${pos} overlaps the one before it`);
      if (checksum(content) !== crc) report(`The event at position ${pos} does not match its checksum`);
      if (name === null) report(`The event at position ${pos} belongs to no stream`);
      next = pos + RECORD_OVERHEAD + data.length + meta.length;
      last = pos;
      count++;
    }
  }
  return { count, last };
};

/** Only a scavenge may leave gaps, and only up to the position that it covered. */
const checkRevisions = (db: Sqlite, report: (fault: string) => void): number => {
  const scavenged = db.prepare("SELECT value FROM facts WHERE name = 'scavenged_to'").raw().get() as
    | [number]
    | undefined;
  const gaps = db
    .prepare(
      `SELECT name, rev, before FROM (
         SELECT sid, rev, pos, lag(rev, 1, -1) OVER (PARTITION BY sid ORDER BY rev) AS before FROM events
       ) JOIN streams USING (sid)
       WHERE rev <> before + 1 AND rev <> ${DELETED_REVISION} AND pos > ? LIMIT 20`,
    )
    .raw()
    .all([scavenged?.[0] ?? 0]) as [string, number, number][];
  for (const [name, rev, before] of gaps) {
    if (before >= 0 || (scavenged?.[0] ?? 0) === 0)
      report(`Stream '${name}' has no event before revision ${rev}`);
  }
  const [count] = db.prepare('SELECT count(DISTINCT sid) FROM events').raw().get() as [number];
  return count;
};
