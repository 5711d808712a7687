import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { Failure } from '../shared/failure.ts';
import { dataDir } from '../shared/paths.ts';

/**
 * The system that runs on the data folder, for `npm stop`, a second `npm start`, and programs that call the system.
 */
interface Running {
  readonly pid: number;
  readonly api: string;
  readonly services?: Readonly<Record<string, string>>;
}

const file = join(dataDir, 'run.json');

/** The system that runs on this data folder; a file left by a killed launcher is ignored. */
export function running(): Running | undefined {
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as Running;
    return isLauncher(state.pid) ? state : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a process is the launcher of a system. Process ids are reused, so its command decides. */
export function isLauncher(pid: number): boolean {
  const { stdout } = execaSync('ps', ['-o', 'args=', '-p', String(pid)], { reject: false });
  return stdout.includes('launcher/start');
}

/** Claims the data folder for this process; fails when another launcher runs on it. */
export function claim(api: string): void {
  const other = running();
  if (!other) release();
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, api }), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST')
      throw new Failure(`Cannot write to ${dataDir} (${message}): set TURNSTREAM_DATA to another folder.`);
    throw new Failure(`Turnstream already runs (${other?.api ?? api}): npm stop ends it.`);
  }
}

/** Adds the addresses of the backing services. */
export function note(services: Readonly<Record<string, string>>): void {
  writeFileSync(file, JSON.stringify({ ...running(), services }));
}

export const release = (): void => rmSync(file, { force: true });
