import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, test } from '@jest/globals';
import type { ExportRow } from '../columns.ts';
import { columnsOf } from '../columns.ts';
import { writeFile } from './write-file.ts';

const batch = 200;
const folder = mkdtempSync(join(tmpdir(), 'turnstream-memory-'));
afterAll(() => rmSync(folder, { recursive: true }));

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes in use after garbage collection. */
function inUse(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Rows that nothing retains; memory is sampled five times. */
async function* generated(rows: number, seen: number[]): AsyncGenerator<ExportRow[]> {
  const entities = { month: 'October', order_id: 'ORD9823' };
  const more = { message_text: 'मेरा भुगतान कहाँ है? '.repeat(5), extracted_entities: entities };
  for (let n = 0; n < rows; n += batch) {
    if (n % (rows / 5) === 0) seen.push(inUse());
    yield Array.from({ length: batch }, (_, i) => ({ ...more, turn_id: randomUUID(), revision: n + i }));
  }
}

test.each([
  ['ndjson', 20_000],
  ['csv', 20_000],
  ['parquet', 40_000],
] as const)('%s of %i rows takes no more memory than a fifth of them', async (format, rows) => {
  const seen: number[] = [];
  const options = { format, gzip: false, columns: columnsOf('turns') };
  const { bytes } = await writeFile(join(folder, format), generated(rows, seen), options);
  expect(bytes).toBeGreaterThan(2 ** 20);
  const [, early = 0, ...later] = seen;
  expect(Math.max(...later) - early).toBeLessThan(12 * 2 ** 20);
});
