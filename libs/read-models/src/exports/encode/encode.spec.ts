import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from '@jest/globals';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import type { Column, ExportRow } from '../columns.ts';
import { writeFile } from './write-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnstream-encode-'));
afterAll(() => rmSync(folder, { recursive: true }));

const columns: readonly Column[] = [
  { name: 'text', type: 'text' },
  { name: 'at', type: 'time' },
  { name: 'count', type: 'whole' },
  { name: 'share', type: 'number' },
  { name: 'yes', type: 'flag' },
  { name: 'data', type: 'json' },
];
const nasty = [
  'a,b',
  'say "hi"',
  'two\nlines',
  'carriage\r\nreturn',
  'मेरा भुगतान कहाँ है?',
  '👩‍👩‍👧 🚚',
  '',
  ' ',
  '\\',
  '\u2028\u0085',
  'null',
  'x'.repeat(300_000),
];
const rows: ExportRow[] = [
  ...nasty.map((text, index) => ({
    text,
    at: `2026-03-0${(index % 9) + 1}T10:00:00.123Z`,
    count: index - 3,
    share: index / 7,
    yes: index % 2 === 0,
    data: { 'ключ "x"': [text, null, { deep: index }] },
  })),
  { text: null, at: null, count: null, share: null, yes: null, data: null },
];

async function* batches(size = 5): AsyncGenerator<ExportRow[]> {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size);
}

async function write(format: 'ndjson' | 'csv' | 'parquet', gzip = false, from = batches()): Promise<Buffer> {
  const path = join(folder, `${format}-${gzip}`);
  const { bytes, sha256 } = await writeFile(path, from, { format, gzip, columns });
  const content = readFileSync(path);
  expect([bytes, sha256]).toEqual([content.length, createHash('sha256').update(content).digest('hex')]);
  return gzip ? gunzipSync(content) : content;
}

test.each([false, true])('NDJSON has the values of the rows, gzip %s', async (gzip) => {
  const lines = (await write('ndjson', gzip)).toString().trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(rows);
});

test('Parquet has the values of the rows', async () => {
  await write('parquet');
  const file = await asyncBufferFromFile(join(folder, 'parquet-false'));
  const read = await parquetReadObjects({ file });
  const times = rows.map((row) => ({
    ...row,
    at: typeof row['at'] === 'string' ? new Date(row['at']) : null,
  }));
  expect(read).toEqual(times);
});

async function* large(): AsyncGenerator<ExportRow[]> {
  for (let n = 0; n < 12; n += 1) yield [{ text: 'y'.repeat(2_000_000) }];
}

test('Parquet has row groups bounded by their bytes', async () => {
  await write('parquet', false, large());
  const { row_groups } = await parquetMetadataAsync(await asyncBufferFromFile(join(folder, 'parquet-false')));
  expect(row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([3, 3, 3, 3]);
});

describe('CSV', () => {
  test('has the values of the rows', async () => {
    const [names, ...records] = parsed((await write('csv')).toString());
    expect(names).toEqual(columns.map(({ name }) => name));
    expect(records).toEqual(
      rows.map((row) =>
        Object.values(row).map((value) =>
          value === null ? null : typeof value === 'object' ? JSON.stringify(value) : String(value),
        ),
      ),
    );
  });

  test.each(['=1+1', '+91', '-1', '@SUM(A1)', '\tx', '\rx'])('disarms the formula %j', async (text) => {
    async function* one(): AsyncGenerator<ExportRow[]> {
      yield [{ text }];
    }
    const [, record] = parsed((await write('csv', false, one())).toString());
    expect(record?.[0]).toBe(`'${text}`);
  });
});

/** The fields of CSV (RFC 4180); null: nothing stands between the commas. */
function parsed(text: string): (string | null)[][] {
  const records: (string | null)[][] = [[]];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    records.at(-1)?.push(quoted?.replaceAll('""', '"') ?? (plain === '' ? null : plain));
    if (end === '\n') records.push([]);
  }
  return records.filter((record) => record.length > 1);
}
