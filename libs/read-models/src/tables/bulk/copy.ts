import { finished } from 'node:stream/promises';
import type { Pool } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { storableJson } from '../storable.ts';

/** A value of a column; values other than texts are written as JSON. Undefined: malformed data lack it, which becomes null as in JSON. */
export type Cell = string | number | null | undefined | object;

const special = /[\\\n\r\t\0]/;
const allSpecial = /[\\\n\r\t\0]/g;
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\0': '\uFFFD',
};

/** A row in the text format of COPY. Encoding turns lone surrogates into U+FFFD. */
export function copyLine(cells: readonly Cell[]): string {
  let line = textOf(cells[0]);
  for (let index = 1; index < cells.length; index += 1) line += `\t${textOf(cells[index])}`;
  return `${line}\n`;
}

function textOf(cell: Cell): string {
  if (cell === null || cell === undefined) return '\\N';
  if (typeof cell === 'number') return String(cell);
  return escaped(typeof cell === 'string' ? cell : storableJson(cell));
}

function escaped(text: string): string {
  if (!special.test(text)) return text;
  return text.replaceAll(allSpecial, (character) => escapes[character] ?? character);
}

/** Adds rows to a table by COPY, all or none. */
export async function copyRows(
  pool: Pool,
  table: string,
  columns: readonly string[],
  lines: string,
): Promise<void> {
  if (lines === '') return;
  const client = await pool.connect();
  try {
    const stream = client.query(copyFrom(`COPY ${table} (${columns.join(', ')}) FROM STDIN`));
    stream.end(Buffer.from(lines));
    await finished(stream);
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}
