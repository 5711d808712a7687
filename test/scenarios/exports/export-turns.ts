import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import type { ExportFormat, ExportManifest } from '#read-models';
import { findExport, manifestOf, partsOf, requestExport } from '#read-models';
import { exportRequest } from '../../../libs/read-models/src/exports/test-exports.ts';
import { bundle } from './bundle.ts';
import type { Sums } from './read-back.ts';
import { readBack } from './read-back.ts';

/** The results of an export whose process was killed in the middle, and of other programs reading its files. */
export interface ExportedTurns {
  readonly manifest: ExportManifest;
  readonly status: string;
  /** Files that were complete when the process died. */
  readonly filesBefore: number;
  /** Files completed before that have changed. */
  readonly changed: readonly string[];
  readonly sums: Sums;
  /** The maximum resident memory of a process, in MiB. */
  readonly peakMib: number;
  /** From the takeover to the end. */
  readonly rowsPerSecond: number;
}

interface Options {
  readonly url: string;
  readonly pool: Pool;
  readonly format: ExportFormat;
  /** Rows in total, and rows per file. */
  readonly rows: number;
  readonly partRows: number;
  /** The variables of the keys that seal the rows. */
  readonly keys: Readonly<Record<string, string>>;
}

/** Exports all turns of a database; half-way the process dies, and another one continues. */
export async function exportTurns(options: Options): Promise<ExportedTurns> {
  const { url, pool, format, rows, partRows, keys } = options;
  const folder = mkdtempSync(join(tmpdir(), 'turnstream-exports-'));
  const env = { EXPORT_DATABASE: url, EXPORT_FOLDER: folder, EXPORT_PART_ROWS: String(partRows), ...keys };
  const program = await bundle('export-process');
  // The registered folder is that of an earlier run.
  await pool.query('DELETE FROM export_folder');
  try {
    const { export_id } = await requestExport(pool, exportRequest({ format, masked: true }));
    const killed = await peakOf(
      start(program, { ...env, EXPORT_DIES_AFTER: String(Math.floor(rows / 2)) }),
      'SIGKILL',
    );
    const before = await partsOf(pool, export_id);
    const began = performance.now();
    const heir = await peakOf(start(program, env), 0);
    const seconds = (performance.now() - began) / 1_000;
    const parts = await partsOf(pool, export_id);
    const job = await findExport(pool, export_id);
    if (job === undefined) throw new Error('The export is gone.');
    const manifest = manifestOf(job, parts);
    const written = parts.slice(before.length).reduce((sum, part) => sum + part.rows, 0);
    return {
      manifest,
      status: job.status,
      filesBefore: before.length,
      changed: before.filter(({ sha256 }, n) => parts[n]?.sha256 !== sha256).map(({ name }) => name),
      sums: await readBack(format, join(folder, export_id)),
      peakMib: Math.max(killed, heir),
      rowsPerSecond: written / seconds,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** With less memory garbage is collected earlier; the process needs the same. */
const flags = ['--max-semi-space-size=2', '--max-old-space-size=96'];

/** Runs a program; it is killed when this process exits. */
function start(program: string, env: Readonly<Record<string, string>>): ChildProcess {
  const child = fork(program, [], { execArgv: flags, env: { ...process.env, ...env } });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** The memory that a process reports before it ends as expected. */
async function peakOf(child: ChildProcess, expected: number | NodeJS.Signals): Promise<number> {
  let peakMib = Number.NaN;
  child.on('message', (told: { peakMib: number }) => {
    ({ peakMib } = told);
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if ((signal ?? code) === expected) return peakMib;
  throw new Error(`The process of an export ended with ${signal ?? code}.`);
}
