import Table from 'cli-table3';
import type { Colors, Column } from './columns.ts';
import { cellText, colored } from './columns.ts';

const gap = 2;
/** The minimum width of the column that takes the rest. */
const leastRest = 20;

const frame = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
  'middle',
];
const noFrame = Object.fromEntries(frame.map((part) => [part, '']));

interface TableOptions {
  readonly colors: Colors;
  readonly utc: boolean;
  /** Width of the terminal; undefined: texts are not truncated. */
  readonly width: number | undefined;
}

/** Rows under their titles, without borders. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { colors, utc, width }: TableOptions,
): string {
  const cells = rows.map((row) => columns.map((column) => cellText(column, row, utc)));
  const widths = columns.map(({ kind, title }, index) =>
    kind === 'rest' ? 0 : Math.max(title.length, ...cells.map((row) => row[index]?.length ?? 0)) + gap,
  );
  const left = (width ?? Infinity) - widths.reduce((sum, own) => sum + own, 0);
  const table = new Table({
    head: columns.map(({ title }) => colors.bold(title)),
    chars: noFrame,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': gap },
    colWidths: columns.map(({ kind }) =>
      kind === 'rest' && Number.isFinite(left) ? Math.max(leastRest, left) : null,
    ),
  });
  for (const row of cells)
    table.push(row.map((text, index) => (columns[index]?.kind === 'state' ? colored(text, colors) : text)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
