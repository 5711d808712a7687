import { BoundedCache } from './bounded-cache.ts';
import type { Sqlite } from './layout.ts';
import { StoreReadError, type Health } from './errors.ts';
import { checksum, RECORD_OVERHEAD } from './layout.ts';
import { PAGE_BYTES } from './page-size.ts';
import type { EventRecord, ProposedEvent } from './records.ts';
import { prepareStatements } from './statements.ts';

type PageStatements = ReturnType<typeof prepareStatements>['allForwards'];

/** Only reads between these limits end by size: smaller ones need no check, and callers of larger ones want all events. */
const FEW_EVENTS = 16;
const MANY_EVENTS = 128;

/** What rows that are joined say of an event. Its id, metadata and data follow one another in their bytes. */
type Head = [
  pos: number,
  sid: number,
  rev: number,
  type: string,
  isJson: number,
  created: number,
  crc: number,
  metaSize: number,
  dataSize: number,
];

const ID_SIZE = 16;

/** A stream in the log: `sid` is its number, 0 while nothing is stored under its name. */
export interface StreamKey {
  readonly name: string;
  readonly sid: number;
}

type Row = [
  pos: number,
  sid: number,
  rev: number,
  id: Buffer,
  type: string,
  isJson: number,
  created: number,
  crc: number,
  meta: Buffer,
  data: Buffer,
];

/** The table of events: appends, and reads by position, revision and id. */
export class EventLog {
  private lastPosition = 0;
  private nextPosition = 1;
  private scavengedPosition = 0;
  private readonly names: BoundedCache<number, string>;
  private readonly statements;

  constructor(
    db: Sqlite,
    private readonly health: Health,
    cacheCapacity: number,
  ) {
    this.names = new BoundedCache((name) => name, cacheCapacity);
    this.statements = prepareStatements(db, health);
    this.reload();
  }

  /** The position of the last event; 0 in an empty store. */
  get last(): number {
    return this.lastPosition;
  }

  /** The position of the next event. */
  get next(): number {
    return this.nextPosition;
  }

  /** The last scavenge covered positions up to here: positions of events that it removed are still valid. */
  get scavengedTo(): number {
    return this.scavengedPosition;
  }

  /** Reads the end of the log from the file; needed after a rollback. */
  reload(): void {
    const row = this.statements.head.get() as [number, number] | undefined;
    this.lastPosition = row?.[0] ?? 0;
    this.nextPosition = Math.max(row ? row[0] + RECORD_OVERHEAD + row[1] : 1, this.fact('next'));
    this.scavengedPosition = this.fact('scavenged_to');
  }

  private fact(name: string): number {
    const row = this.statements.fact.get([name]) as [number] | undefined;
    return row?.[0] ?? 0;
  }

  /** Stores the name of a new stream and returns its number. */
  addStream(name: string): number {
    return this.statements.addStream.run([name]);
  }

  /** Stores one event at the end; the caller has begun a transaction. */
  insert(key: StreamKey, rev: number, event: ProposedEvent, created: number): EventRecord {
    const pos = this.nextPosition;
    const { id, type, isJson, data, meta } = event;
    const crc = checksum({ type, isJson, created, data, meta });
    this.statements.insert.run([pos, key.sid, rev, id, type, isJson ? 1 : 0, created, crc, meta, data]);
    this.lastPosition = pos;
    this.nextPosition = pos + RECORD_OVERHEAD + data.length + meta.length;
    return { pos, stream: key.name, rev, id, type, isJson, created, data, meta };
  }

  sidOf(name: string): number {
    const row = this.statements.sid.get([name]) as [number] | undefined;
    return row?.[0] ?? 0;
  }

  lastRevision(sid: number): number {
    const row = this.statements.lastRevision.get([sid]) as [number] | undefined;
    return row?.[0] ?? -1;
  }

  /** The revision and position of the newest event with this id in the stream. */
  findId(sid: number, id: Buffer): { rev: number; pos: number } | undefined {
    const row = this.statements.findId.get([sid, id]) as [number, number] | undefined;
    return row && { rev: row[0], pos: row[1] };
  }

  idAt(sid: number, rev: number): { id: Buffer; pos: number } | undefined {
    const row = this.statements.idAt.get([sid, rev]) as [Buffer, number] | undefined;
    return row && { id: row[0], pos: row[1] };
  }

  at(sid: number, rev: number): EventRecord | undefined {
    const row = this.statements.at.get([sid, rev]) as Row | undefined;
    return row && this.record(row);
  }

  hasPosition(pos: number): boolean {
    return this.statements.hasPosition.get([pos]) !== undefined;
  }

  /** Events of a stream with `from` <= revision <= `to`, not created before `since`, in either direction. */
  readStream(sid: number, range: StreamRange): EventRecord[] {
    const statement = range.backwards ? this.statements.streamBackwards : this.statements.streamForwards;
    return this.page(statement, [sid, range.from, range.to, range.since], range.limit);
  }

  /** Events with position >= `from`, oldest first. */
  readAllForwards(from: number, limit: number): EventRecord[] {
    return this.page(this.statements.allForwards, [from], limit);
  }

  /** Events with position < `before`, newest first. */
  readAllBackwards(before: number, limit: number): EventRecord[] {
    return this.page(this.statements.allBackwards, [before], limit);
  }

  /** A page ends with the event that makes it larger than {@link PAGE_BYTES}. */
  private page(statements: PageStatements, from: readonly number[], limit: number): EventRecord[] {
    const { rows, sizes, bytes } = statements;
    const isPage = limit > FEW_EVENTS && limit <= MANY_EVENTS;
    const [sum] = (isPage ? bytes.get([...from, limit]) : [0]) as [number | null];
    const isTooLarge = (sum ?? 0) > PAGE_BYTES;
    const joined = isPage && !isTooLarge ? joinedRows(statements, [...from, limit]) : undefined;
    if (joined) return this.records(joined);
    const fitting = isTooLarge ? countFitting(sizes.all([...from, limit]) as [number][]) : limit;
    return this.records(rows.all([...from, fitting]) as Row[]);
  }

  /** Positions, streams and types only, for filters. */
  scan(from: number, limit: number, backwards: boolean): ScannedEvent[] {
    const statement = backwards ? this.statements.scanBackwards : this.statements.scanForwards;
    const rows = statement.all([from, limit]) as [number, number, string][];
    return rows.map(([pos, sid, type]) => ({ pos, stream: this.nameOf(sid), type }));
  }

  byPosition(pos: number): EventRecord | undefined {
    return this.records(this.statements.byPosition.all([pos]) as Row[])[0];
  }

  nameOf(sid: number): string {
    const known = this.names.get(sid);
    if (known !== undefined) return known;
    const row = this.statements.name.get([sid]) as [string] | undefined;
    if (!row) throw new StoreReadError(`The stream number ${sid} has no name: the file is damaged`);
    this.names.set(sid, row[0]);
    return row[0];
  }

  private records(rows: Row[]): EventRecord[] {
    return rows.map((row) => this.record(row));
  }

  private record(row: Row): EventRecord {
    const [pos, sid, rev, id, type, isJson, created, crc, meta, data] = row;
    const content = { type, isJson: isJson === 1, created, data, meta };
    if (checksum(content) !== crc) {
      const message = `The event at position ${pos} does not match its checksum: the file is damaged`;
      this.health.makeReadOnly(message);
      throw new StoreReadError(message);
    }
    return { pos, stream: this.nameOf(sid), rev, id, ...content };
  }
}

/** The rows of a page; undefined when they cannot be joined: each row then tells what is wrong with it. */
const joinedRows = ({ joined }: PageStatements, parameters: readonly number[]): Row[] | undefined => {
  try {
    const [heads, joinedBytes] = joined.get([...parameters]) as [string, Buffer | null];
    const bytes = joinedBytes ?? Buffer.alloc(0);
    let at = 0;
    const next = (size: number): Buffer => bytes.subarray(at, (at += size));
    return (JSON.parse(heads) as Head[]).map(
      ([pos, sid, rev, type, isJson, created, crc, metaSize, dataSize]): Row => {
        const [id, meta, data] = [next(ID_SIZE), next(metaSize), next(dataSize)];
        return [pos, sid, rev, id, type, isJson, created, crc, meta, data];
      },
    );
  } catch (error) {
    if (error instanceof StoreReadError) throw error;
    return undefined;
  }
};

const countFitting = (sizes: readonly [number][]): number => {
  let bytes = 0;
  const last = sizes.findIndex(([size]) => (bytes += size) > PAGE_BYTES);
  return last < 0 ? sizes.length : last + 1;
};

interface StreamRange {
  readonly from: number;
  readonly to: number;
  /** Microseconds since 1970. */
  readonly since: number;
  readonly limit: number;
  readonly backwards: boolean;
}

interface ScannedEvent {
  readonly pos: number;
  readonly stream: string;
  readonly type: string;
}
