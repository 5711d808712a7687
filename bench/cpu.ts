import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Clients } from './backing-services.ts';
import { settle } from './backing-services.ts';
import { fill, turn } from './conversations.ts';

/** Microseconds of CPU time that each process spends on one command, in user and kernel mode, by the process's name. */
export type CpuPerCommand = Readonly<Record<string, number>>;

export const inFlight = 64;
const warmUp = 2_000;
const readers = 16;

/** True where the CPU time of another process can be read. */
export const canMeasureCpu = existsSync('/proc/self/stat');

/**
 * Records turns from 64 callers, each in a conversation of its own, and divides the CPU time of every process by their
 * number. The measured stretch ends when the last row is written. Less noisy than throughput where the machine does other
 * work too.
 */
export async function measureCpu(
  clients: Clients,
  pids: ReadonlyMap<string, number>,
  count: number,
): Promise<CpuPerCommand> {
  const { store, turnstream } = clients;
  const ids = await fill(store, inFlight, 10);
  await settle(clients, ids);
  const record = async (total: number): Promise<void> => {
    const sessions = ids.map((id) => turnstream.session(id));
    let left = total;
    const caller = async (session: (typeof sessions)[number]): Promise<void> => {
      while (left-- > 0) await session.recordTurn(turn);
    };
    await Promise.all(sessions.map(caller));
    await settle(clients, ids);
  };
  await record(Math.min(warmUp, count));
  return cpuPerCall(pids, count, () => record(count));
}

/** The same of reads of contexts, each session in turn. */
export function measureReads(
  client: Clients['turnstream'],
  pids: ReadonlyMap<string, number>,
  ids: readonly string[],
  count: number,
): Promise<CpuPerCommand> {
  const sessions = ids.map((id) => client.session(id));
  return cpuPerCall(pids, count, async () => {
    let left = count;
    const reader = async (): Promise<void> => {
      while (left-- > 0) await sessions[left % sessions.length]?.context();
    };
    await Promise.all(Array.from({ length: readers }, reader));
  });
}

/** The CPU time of every process while that many calls are made, divided by their number. */
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

/** CPU time in microseconds, with that of the children (PostgreSQL has a process for each connection). */
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
