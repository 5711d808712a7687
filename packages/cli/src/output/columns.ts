import type { createColors } from 'picocolors';
import { safeText, textOf } from './text.ts';
import { formatTime } from './times.ts';

export type Colors = ReturnType<typeof createColors>;

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => unknown;
  /** `time`: shown in the selected zone; `state`: coloured by its value; `rest`: takes the remaining width. */
  readonly kind?: 'time' | 'state' | 'rest';
}

const good = new Set(['active', 'complete', 'completed', 'ok', 'live', 'done', 'verified', 'valid']);
const bad = new Set(['failed', 'changed', 'unavailable', 'stopped', 'broken', 'invalid']);
const attention = new Set([
  'open',
  'partial',
  'expired',
  'suspended',
  'requested',
  'pending',
  'running',
  'in_progress',
]);

/** The text of a cell, without colours. */
export function cellText<Row>({ value, kind }: Column<Row>, row: Row, utc: boolean): string {
  const content = value(row);
  return kind === 'time' && typeof content === 'string'
    ? safeText(formatTime(content, utc))
    : textOf(content);
}

/** A state in the colour of its meaning. */
export function colored(state: string, colors: Colors): string {
  if (good.has(state)) return colors.green(state);
  if (bad.has(state)) return colors.red(state);
  return attention.has(state) ? colors.yellow(state) : state;
}
