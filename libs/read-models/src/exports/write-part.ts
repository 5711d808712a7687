import { Slices } from '#platform';
import type { ExportRow } from './columns.ts';
import { columnsOf } from './columns.ts';
import { extensionOf, writeFile } from './encode/write-file.ts';
import type { ExportFiles } from './files.ts';
import type { ExportLease, WrittenPart } from './leases.ts';
import { noteExported } from './partners.ts';
import type { ExportJob, Place } from './request.ts';
import { sourceOf } from './sources/of-form.ts';
import type { ExportPorts, RowsRead } from './sources/source.ts';

/** Rows per file. */
interface PartLimits {
  readonly rows: number;
}

export interface PartPorts extends ExportPorts {
  readonly files: ExportFiles;
  readonly limits: PartLimits;
}

/** The next file of an export, to be written. */
interface NextPart {
  readonly number: number;
  readonly after: Place | null;
}

/** Writes the next file of an export, and records the partners of its rows before any of them is opened. */
export async function writePart(
  ports: PartPorts,
  job: ExportJob,
  lease: ExportLease,
  { number, after }: NextPart,
  signal: AbortSignal,
): Promise<WrittenPart> {
  const { pool, files, limits, readReplica } = ports;
  const { export_id, form, masked } = job;
  const { begunAt, position } = await beginning(ports);
  const partners = new Set<string>();
  const note = async (found: readonly string[]): Promise<void> => {
    if (masked) return;
    const missing = [...new Set(found)].filter((id) => !partners.has(id));
    if (missing.length > 0) await noteExported(pool, export_id, missing);
    for (const id of missing) partners.add(id);
  };
  const progress: Progress = { rows: 0, first: null, last: null, isLast: true };
  // A former owner that is still writing uses another file name.
  const name = `${form}-${String(number).padStart(5, '0')}-${lease.epoch}${extensionOf(job)}`;
  const path = await files.prepare(export_id, name);
  const rows = async <T>(read: RowsRead<T>): Promise<T> =>
    (await readReplica?.(read, position)) ?? (await read(pool));
  const batches = sourceOf(form)({ ...ports, job, note, rows }, after);
  const written = await writeFile(path, limited(batches, limits, progress, signal), {
    ...job,
    columns: columnsOf(form),
  });
  const { rows: count, first, last, isLast } = progress;
  return {
    part: { number, name, rows: count, ...written, first, last, is_last: isLast },
    partners: [...partners],
    begunAt,
  };
}

interface Progress {
  rows: number;
  first: Place | null;
  last: Place | null;
  /** Whether no more rows follow. */
  isLast: boolean;
}

async function* limited(
  batches: ReturnType<ReturnType<typeof sourceOf>>,
  limits: PartLimits,
  progress: Progress,
  signal: AbortSignal,
): AsyncGenerator<readonly ExportRow[]> {
  const slices = new Slices();
  for await (const { rows, first, last } of batches) {
    signal.throwIfAborted();
    progress.first ??= first;
    progress.last = last;
    progress.rows += rows.length;
    yield rows;
    if (progress.rows >= limits.rows) {
      progress.isLast = false;
      return;
    }
    await slices.next();
  }
}

/** The time of PostgreSQL's clock and, with replicas, the end of its log: not every server lets every user read the latter. */
async function beginning({
  pool,
  readReplica,
}: PartPorts): Promise<{ readonly begunAt: string; readonly position: bigint }> {
  const end = readReplica ? `(pg_current_wal_insert_lsn() - '0/0')::text` : '0';
  const { rows } = await pool.query<{ now: string; position: string }>(
    `SELECT clock_timestamp()::text AS now, ${end} AS position`,
  );
  return { begunAt: rows[0]?.now ?? 'infinity', position: BigInt(rows[0]?.position ?? 0) };
}
