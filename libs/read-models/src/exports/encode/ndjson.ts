import type { ExportRow } from '../columns.ts';

/** One JSON object a line. */
export async function* toNdjson(batches: AsyncIterable<readonly ExportRow[]>): AsyncGenerator<Buffer> {
  for await (const rows of batches) yield Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}
