import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { createColors } from 'picocolors';
import type { Terminal } from '../terminal.ts';
import type { Colors, Column } from './columns.ts';
import { renderDocument } from './document.ts';
import { renderTable } from './table.ts';
import { safeText } from './text.ts';
import { formatTime } from './times.ts';

/** Rows buffered for the layout; a longer list repeats its titles after this many rows. */
const rowsPerTable = 500;

/** The minimum length of a truncated text. */
const leastCut = 20;

/** Writes results: tables and colours for people, JSON for programs; notes go to the standard error. */
export class Output {
  readonly isJson: boolean;
  readonly utc: boolean;
  readonly colors: Colors;

  constructor(
    private readonly terminal: Terminal,
    { json = false, utc = false }: { readonly json?: boolean; readonly utc?: boolean },
  ) {
    this.isJson = json;
    this.utc = utc;
    this.colors = createColors(terminal.stdout.isTTY === true && !terminal.env['NO_COLOR']);
  }

  /** A list: a table, or NDJSON. @returns how many rows were written */
  async list<Row>(rows: AsyncIterable<Row>, columns: readonly Column<Row>[]): Promise<number> {
    let count = 0;
    let waiting: Row[] = [];
    for await (const row of rows) {
      count += 1;
      if (this.isJson) {
        await this.line(JSON.stringify(row));
      } else if (waiting.push(row) === rowsPerTable) {
        await this.table(waiting, columns);
        waiting = [];
      }
    }
    if (waiting.length > 0) await this.table(waiting, columns);
    if (count === 0) this.note('Nothing was found.');
    return count;
  }

  /** One document: JSON, or the lines made by `lines`. */
  async document<T>(value: T, lines: (value: T) => readonly string[] = this.fields): Promise<void> {
    if (this.isJson) return this.line(JSON.stringify(value, null, 2));
    for (const line of lines(value)) await this.line(line);
  }

  /** A table of a few rows, as lines. */
  tableLines<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string[] {
    const { isTTY, columns: width } = this.terminal.stdout;
    const options = { colors: this.colors, utc: this.utc, width: isTTY ? width : undefined };
    return renderTable(columns, rows, options).split('\n');
  }

  /** Names and values, indented. */
  readonly fields = (value: unknown): string[] => renderDocument(value, this.colors, this.utc);

  /** Parts with a gap in between; the last one is truncated at the width of the terminal. */
  cut(parts: readonly string[]): string {
    const { isTTY, columns } = this.terminal.stdout;
    const line = parts.join('  ');
    if (!isTTY || columns === undefined) return line;
    const last = parts.at(-1) ?? '';
    const kept = Math.max(leastCut, last.length - Math.max(0, plainLength(line) - columns));
    return kept >= last.length ? line : `${line.slice(0, line.length - last.length + kept - 1)}…`;
  }

  time(time: string): string {
    return safeText(formatTime(time, this.utc));
  }

  /** Waits while the reader is slower. */
  async line(text: string): Promise<void> {
    const { stdout, signal } = this.terminal;
    if (!stdout.write(`${text}\n`)) await once(stdout, 'drain', { signal });
  }

  /** A note for people, which programs need not read. */
  note(text: string): void {
    this.terminal.stderr.write(`${text}\n`);
  }

  private async table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Promise<void> {
    for (const line of this.tableLines(rows, columns)) await this.line(line);
  }
}

function plainLength(line: string): number {
  return stripVTControlCharacters(line).length;
}
