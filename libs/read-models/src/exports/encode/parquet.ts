import type { BasicType, ColumnSource } from 'hyparquet-writer';
import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { compressSync } from 'snappy';
import type { Json } from '#domain';
import type { Column, ColumnType, ExportRow } from '../columns.ts';

const types: Readonly<Record<ColumnType, BasicType>> = {
  text: 'STRING',
  time: 'TIMESTAMP',
  whole: 'INT32',
  number: 'DOUBLE',
  flag: 'BOOLEAN',
  json: 'JSON',
};

/** Rows per row group, and about how many bytes before compression. A group is kept in memory, and its encoding blocks the event loop. */
const groupRows = 1_000;
const groupBytes = 4 * 2 ** 20;

/** Parquet, compressed with Snappy; texts are UTF-8, times are UTC in milliseconds. */
export async function* toParquet(
  batches: AsyncIterable<readonly ExportRow[]>,
  columns: readonly Column[],
): AsyncGenerator<Uint8Array> {
  const bytes = new ByteWriter();
  const schema = schemaFromColumnData({ columnData: columns.map((column) => sourceOf(column, [])) });
  const compressors = { SNAPPY: (input: Uint8Array): Uint8Array => compressSync(input) };
  const parquet = new ParquetWriter({ writer: bytes, schema, compressors, createdBy: 'turnstream' });
  let group: ExportRow[] = [];
  let size = 0;
  const writeGroup = async (): Promise<Uint8Array> => {
    const columnData = columns.map((column) => sourceOf(column, group));
    await parquet.write({ columnData, rowGroupSize: group.length });
    group = [];
    size = 0;
    return taken(bytes);
  };
  for await (const rows of batches) {
    for (const row of rows) {
      group.push(row);
      size += sizeOf(row);
      if (group.length >= groupRows || size >= groupBytes) yield await writeGroup();
    }
  }
  if (group.length > 0) yield await writeGroup();
  await parquet.finish();
  yield taken(bytes);
}

function sourceOf({ name, type }: Column, rows: readonly ExportRow[]): ColumnSource {
  const data = rows.map((row) => valueOf(type, row[name] ?? null));
  // Minimum and maximum of texts cost much and help little.
  const statistics = type === 'time' || type === 'whole';
  return { name, data, type: types[type], nullable: true, statistics };
}

function valueOf(type: ColumnType, value: Json): unknown {
  return type === 'time' && typeof value === 'string' ? new Date(value) : value;
}

function sizeOf(row: ExportRow): number {
  return Object.values(row).reduce<number>((sum, value) => sum + lengthOf(value), 0);
}

function lengthOf(value: Json | undefined): number {
  if (typeof value === 'string') return value.length;
  return typeof value === 'object' && value !== null ? JSON.stringify(value).length : 8;
}

/** The bytes written since the last call; the writer keeps counting. */
function taken(bytes: ByteWriter): Uint8Array {
  const written = new Uint8Array(bytes.buffer, 0, bytes.index).slice();
  bytes.index = 0;
  return written;
}
