import { join } from 'node:path';
import Database from 'libsql';
import { checksum } from '../../../packages/embedded-eventstore/src/store/layout.ts';

/** An event as stored in the file. */
interface Row {
  readonly pos: number;
  readonly rev: number;
  readonly id: Buffer;
  readonly type: string;
  readonly is_json: number;
  readonly created: number;
  readonly crc: number;
  readonly meta: Buffer;
  readonly data: Buffer;
}

/** The columns of an event in which a byte can be changed. */
export type Part = 'id' | 'type' | 'data' | 'meta';

/** The file of a stopped embedded event store, as an attacker with access to the disk could change it. */
export class StoredFile {
  private readonly db: Database.Database;

  constructor(dir: string) {
    this.db = new Database(join(dir, 'events.db'));
  }

  close(): void {
    this.db.close();
  }

  rows(stream: string): Row[] {
    const sql = 'SELECT e.* FROM events e JOIN streams s USING (sid) WHERE s.name = ? ORDER BY rev';
    const rows = this.db.prepare(sql).all([stream]) as Row[];
    // Binary columns are returned as ArrayBuffer.
    return rows.map((row) => ({
      ...row,
      id: Buffer.from(row.id),
      meta: Buffer.from(row.meta),
      data: Buffer.from(row.data),
    }));
  }

  /** Changes one byte of an event; by default also its checksum. */
  change(stream: string, revision: number, part: Part, at: number, withChecksum = true): void {
    const row = this.row(stream, revision);
    const bytes = Buffer.from(row[part]);
    const index = at % bytes.length;
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    this.set(row, part, bytes, withChecksum);
  }

  /** Writes another content, with its checksum. */
  write(stream: string, revision: number, part: 'data' | 'meta', content: string | Uint8Array): void {
    this.set(this.row(stream, revision), part, Buffer.from(content), true);
  }

  /** Writes other JSON data, with its checksum. */
  rewrite<T>(stream: string, revision: number, change: (data: T) => T): void {
    const data = JSON.parse(this.row(stream, revision).data.toString()) as T;
    this.write(stream, revision, 'data', JSON.stringify(change(data)));
  }

  /** Exchanges two events, except for their places. */
  swap(stream: string, one: number, other: number): void {
    const rows = this.rows(stream);
    const [a, b] = [rows[one], rows[other]];
    if (a === undefined || b === undefined) throw new Error(`${stream} does not have these events.`);
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const)
      this.db
        .prepare(
          'UPDATE events SET id = ?, type = ?, is_json = ?, created = ?, crc = ?, meta = ?, data = ? WHERE pos = ?',
        )
        .run([from.id, from.type, from.is_json, from.created, from.crc, from.meta, from.data, to.pos]);
  }

  private row(stream: string, revision: number): Row {
    const row = this.rows(stream)[revision];
    if (row === undefined) throw new Error(`${stream} has no event ${revision}.`);
    return row;
  }

  private set(row: Row, part: Part, bytes: Buffer, withChecksum: boolean): void {
    const value = part === 'type' ? bytes.toString() : bytes;
    const changed = { ...row, [part]: value } as Row;
    this.db
      .prepare(`UPDATE events SET ${part} = ?, crc = ? WHERE pos = ?`)
      .run([value, withChecksum ? checksumOf(changed) : row.crc, row.pos]);
  }

  /** Deletes the events of a stream from one revision to another. */
  drop(stream: string, from: number, to = from): void {
    for (const { pos } of this.rows(stream).slice(from, to + 1))
      this.db.prepare('DELETE FROM events WHERE pos = ?').run([pos]);
  }
}

function checksumOf({ type, is_json, created, data, meta }: Row): number {
  return checksum({ type, isJson: is_json === 1, created, data, meta });
}
