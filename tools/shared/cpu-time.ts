import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Microseconds of CPU time of each process for one command, in user and kernel mode, by the process's name. */
export type CpuPerCommand = Readonly<Record<string, number>>;

/** True where the CPU time of another process can be read. */
export const canMeasureCpu = existsSync('/proc/self/stat');

/** The CPU time of every process during this many calls, divided by their number. */
export async function cpuPerCall(
  pids: ReadonlyMap<string, number>,
  count: number,
  work: () => Promise<void>,
): Promise<CpuPerCommand> {
  const before = cpuTimes(pids);
  await work();
  const after = cpuTimes(pids);
  return Object.fromEntries(
    [...after].map(([name, micros]) => [name, Math.round((micros - (before.get(name) ?? 0)) / count)]),
  );
}

/** The CPU time of all processes. */
export function totalOf(cpu: CpuPerCommand): number {
  return Object.values(cpu).reduce((sum, micros) => sum + micros, 0);
}

/** CPU time in microseconds, including children (PostgreSQL has a process for each connection). */
function cpuTimes(pids: ReadonlyMap<string, number>): Map<string, number> {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => statOf(Number(pid)));
  const total = (pid: number): number =>
    processes
      .filter((process) => process.pid === pid || process.parent === pid)
      .reduce((sum, process) => sum + process.ticks + (process.pid === pid ? process.reaped : 0), 0);
  const microsPerTick = 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return new Map([...pids].map(([name, pid]) => [name, total(pid) * microsPerTick]));
}

/** Fields of /proc/<pid>/stat; nothing when the process has just ended. */
function statOf(pid: number) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0, , , , , , , , , , user = 0, system = 0, reapedUser = 0, reapedSystem = 0] = fields;
    return [{ pid, parent, ticks: user + system, reaped: reapedUser + reapedSystem }];
  } catch {
    return [];
  }
}
