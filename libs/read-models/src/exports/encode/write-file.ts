import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Column, ExportRow } from '../columns.ts';
import type { ExportFormat } from '../request.ts';
import { toCsv } from './csv.ts';
import { toNdjson } from './ndjson.ts';
import { toParquet } from './parquet.ts';

/** Readable only by the user who runs the process. */
const fileMode = 0o600;

interface FileOptions {
  readonly format: ExportFormat;
  readonly gzip: boolean;
  readonly columns: readonly Column[];
}

/** Writes a file as fast as the disk takes it, and syncs it before this resolves. Returns its size and SHA-256. */
export async function writeFile(
  path: string,
  batches: AsyncIterable<readonly ExportRow[]>,
  { format, gzip, columns }: FileOptions,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const measured = async function* measured(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  const encoded = encoders[format](batches, columns);
  const file = createWriteStream(path, { mode: fileMode, flush: true });
  if (gzip) await pipeline(encoded, createGzip(), measured, file);
  else await pipeline(encoded, measured, file);
  return { bytes, sha256: hash.digest('hex') };
}

type Encoder = (
  batches: AsyncIterable<readonly ExportRow[]>,
  columns: readonly Column[],
) => AsyncIterable<Uint8Array>;

const encoders: Readonly<Record<ExportFormat, Encoder>> = {
  ndjson: toNdjson,
  csv: toCsv,
  parquet: toParquet,
};

/** The extension of the files, such as `.csv.gz`. */
export function extensionOf({ format, gzip }: Pick<FileOptions, 'format' | 'gzip'>): string {
  return gzip ? `.${format}.gz` : `.${format}`;
}
