import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { Failure } from '../shared/failure.ts';
import { dataDir } from '../shared/paths.ts';
import { withLock } from '../shared/run.ts';

/**
 * The system that runs on the data folder, for `npm stop`, a second `npm start`, and programs that call the system.
 */
export interface Running {
  readonly pid: number;
  /** When the launcher started, as the operating system reports it: process ids are reused. Earlier versions did not note it. */
  readonly since?: string;
  readonly api: string;
  readonly services?: Readonly<Record<string, string>>;
}

const file = join(dataDir, 'run.json');

/** The system that runs on this data folder; a file left by a killed launcher is ignored. */
export function running(): Running | undefined {
  const state = stored();
  return state && isRunning(state) ? state : undefined;
}

/** Whether the launcher of a system runs: a process with its id, start and command. */
export function isRunning({ pid, since }: Pick<Running, 'pid' | 'since'>): boolean {
  const start = startOf(pid);
  return start !== undefined && (since === undefined || start === since);
}

/** The last system on this data folder, which may have ended. */
export function lastSystem(): Running | undefined {
  return stored();
}

/** Whether programs that a launcher has started still run: they are in its process group, also when it was killed. */
export function hasPrograms({ pid, since }: Running): boolean {
  const { stdout } = execaSync('ps', ['-eo', 'pid=,pgid=,stat='], { reject: false });
  const rows = stdout.split('\n').map((line) => line.trim().split(/ +/));
  const living = rows.filter(([, , state = 'Z']) => !state.startsWith('Z'));
  // The id of a group is not given to a process before the group has ended.
  if (living.some(([id]) => Number(id) === pid))
    return isRunning({ pid, ...(since !== undefined && { since }) });
  return living.some(([, group]) => Number(group) === pid);
}

/** Claims the data folder for this process; fails when another launcher runs on it. */
export async function claim(api: string): Promise<void> {
  // Two launchers that start at once claim one after the other.
  await withLock(file, async () => {
    const other = running();
    if (other) throw new Failure(`Turnstream already runs (${other.api}): npm stop ends it.`);
    write({ pid: process.pid, since: startOf(process.pid), api });
  }).catch(failed);
}

/** Adds the addresses of the backing services. */
export function note(services: Readonly<Record<string, string>>): void {
  const state = stored();
  if (state) write({ ...state, services });
}

/** Gives the data folder back, unless another launcher has claimed it. */
export function release(): void {
  const state = stored();
  if (state === undefined || state.pid === process.pid || !isRunning(state)) rmSync(file, { force: true });
}

function stored(): Running | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Running;
  } catch {
    return undefined;
  }
}

/** Others never read half a file. */
function write(state: Running): void {
  const partial = `${file}.partial`;
  try {
    writeFileSync(partial, JSON.stringify(state), { mode: 0o600 });
    renameSync(partial, file);
  } catch (error) {
    failed(error);
  }
}

function failed(error: unknown): never {
  if (error instanceof Failure) throw error;
  const { message } = error as Error;
  throw new Failure(`Cannot write to ${dataDir} (${message}): set TURNSTREAM_DATA to another folder.`);
}

/** When a launcher with this process id started; undefined: the process is none. */
function startOf(pid: number): string | undefined {
  const { stdout } = execaSync('ps', ['-o', 'lstart=,args=', '-p', String(pid)], { reject: false });
  if (!stdout.includes('launcher/start')) return undefined;
  return ticksOf(pid) ?? stdout.trim().split(/ +/).slice(0, 5).join(' ');
}

/** Linux counts the start from its own, so that a change of the clock does not move it. */
function ticksOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')[19];
  } catch {
    return undefined;
  }
}
