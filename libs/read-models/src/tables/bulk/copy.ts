import { finished } from 'node:stream/promises';
import type { Pool } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { storableJson } from '../storable.ts';

/** A value of a column; values other than texts are written as JSON. Undefined: malformed data lack it, which becomes null as in JSON. */
export type Cell = string | number | null | undefined | object;

/** The columns of a table, each with its value in a row. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => Cell>>;

/** Bytes of a piece of COPY, which PostgreSQL receives at once. */
const pieceBytes = 128 * 1_024;
const firstBytes = 256 * 1_024;
/** The most bytes that a character takes. */
const widest = 3;

/** Rows for a table, in the text format of COPY. They are encoded at once, so the objects that they come from need not be kept. */
export class CopyRows<Row> {
  private readonly columns: readonly string[];
  private readonly values: readonly ((row: Row) => Cell)[];
  private bytes = Buffer.alloc(0);
  private length = 0;

  constructor(
    private readonly table: string,
    columns: Columns<Row>,
  ) {
    this.columns = Object.keys(columns);
    this.values = Object.values(columns);
  }

  get size(): number {
    return this.length;
  }

  /** Encoding turns lone surrogates into U+FFFD. */
  add(row: Row): void {
    let line = '';
    for (const value of this.values) line += `\t${textOf(value(row))}`;
    this.reserve(widest * line.length);
    this.length += this.bytes.write(line.slice(1), this.length);
    this.length = this.bytes.writeUInt8(endOfLine, this.length);
  }

  /** Adds the rows to the table, all or none. */
  async copy(pool: Pool): Promise<void> {
    const rows = this.bytes.subarray(0, this.length);
    if (rows.length === 0) return;
    const client = await pool.connect();
    try {
      const stream = client.query(copyFrom(`COPY ${this.table} (${this.columns.join(', ')}) FROM STDIN`));
      for (let at = 0; at < rows.length; at += pieceBytes) stream.write(rows.subarray(at, at + pieceBytes));
      stream.end();
      await finished(stream);
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  private reserve(bytes: number): void {
    const needed = this.length + bytes + 1;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(firstBytes, 2 * this.bytes.length, needed));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}

const endOfLine = 0x0a;
const special = /[\\\n\r\t\0]/;
const allSpecial = /[\\\n\r\t\0]/g;
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\0': '\uFFFD',
};

function textOf(cell: Cell): string {
  if (cell === null || cell === undefined) return '\\N';
  if (typeof cell === 'number') return String(cell);
  return escaped(typeof cell === 'string' ? cell : storableJson(cell));
}

function escaped(text: string): string {
  if (!special.test(text)) return text;
  return text.replaceAll(allSpecial, (character) => escapes[character] ?? character);
}
