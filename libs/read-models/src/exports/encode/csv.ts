import { stringify } from 'csv-stringify/sync';
import type { Column, ExportRow } from '../columns.ts';

/**
 * CSV (RFC 4180) in UTF-8 with a header line. Objects are JSON, null is an empty field, an empty text is `""`. A text that a
 * spreadsheet would take for a formula gets a leading apostrophe.
 */
export async function* toCsv(
  batches: AsyncIterable<readonly ExportRow[]>,
  columns: readonly Column[],
): AsyncGenerator<Buffer> {
  const names = columns.map(({ name }) => name);
  yield Buffer.from(stringify([names]));
  for await (const rows of batches) {
    const records = rows.map((row) => names.map((name) => row[name] ?? null));
    yield Buffer.from(
      stringify(records, {
        escape_formulas: true,
        cast: { string: (value) => (value === '' ? { value, quoted_empty: true } : value), boolean: String },
      }),
    );
  }
}
