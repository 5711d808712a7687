import type { CpuPerCommand } from '../tools/shared/cpu-time.ts';
import { cpuPerCall } from '../tools/shared/cpu-time.ts';
import type { Clients } from './backing-services.ts';
import { settle } from './backing-services.ts';
import { fill, turn } from './conversations.ts';

export const inFlight = 64;
const warmUp = 2_000;
const readers = 16;

/**
 * Records turns from 64 callers, each in its own conversation, and divides the CPU time of every process by their
 * number. The measurement ends when the last row is written. It is less noisy than throughput on a busy machine.
 */
export async function measureCpu(
  clients: Clients,
  pids: ReadonlyMap<string, number>,
  count: number,
): Promise<CpuPerCommand> {
  const record = await turnRecorder(clients);
  await record(Math.min(warmUp, count));
  return cpuPerCall(pids, count, () => record(count));
}

/** Records as many turns, in 64 conversations of its own, and resolves when the last row is written. */
export async function turnRecorder(clients: Clients): Promise<(total: number) => Promise<void>> {
  const { store, turnstream } = clients;
  const ids = await fill(store, inFlight, 10);
  await settle(clients, ids);
  return async (total) => {
    const sessions = ids.map((id) => turnstream.session(id));
    let left = total;
    const caller = async (session: (typeof sessions)[number]): Promise<void> => {
      while (left-- > 0) await session.recordTurn(turn);
    };
    await Promise.all(sessions.map(caller));
    await settle(clients, ids);
  };
}

/** The same for reads of contexts, each session in turn. */
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
