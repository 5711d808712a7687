import { join } from 'node:path';
import { execa } from 'execa';
import type { ExportFormat } from '#read-models';
import { installed } from '../../../tools/backing-services/service.ts';

const packages = ['duckdb==1.4.2', 'pandas==2.3.3'];

/** Counts by another program in the files of an export of turns. */
export interface Sums {
  readonly rows: number;
  /** Distinct turns. */
  readonly turns: number;
  readonly revisions: number;
  /** Characters of all texts. */
  readonly characters: number;
  /** The sum of the number `n` in the entities. */
  readonly entities: number;
  readonly intents: number;
  readonly first: string;
  readonly last: string;
}

/** Installs DuckDB and pandas if necessary, which takes a minute. Returns their Python. */
export async function installReaders(): Promise<string> {
  const venv = await installed(
    'export-readers-1',
    async (path) => [
      ['python3', '-m', 'venv', path],
      [`${path}/bin/python`, '-m', 'pip', 'install', '--quiet', ...packages],
    ],
    'install Python 3.10 or newer with venv: a test runs on it',
  );
  return join(venv, 'bin/python');
}

/** Reads Parquet and NDJSON with DuckDB, and CSV with pandas. */
export async function readBack(format: ExportFormat, folder: string): Promise<Sums> {
  const program = join(import.meta.dirname, 'read_back.py');
  const { stdout } = await execa(await installReaders(), [program, format, folder]);
  return JSON.parse(stdout) as Sums;
}
