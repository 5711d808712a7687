import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, withSystem } from '#launcher';
import { initKeyFile } from '../tools/keys/key-file.ts';
import { forkProgram, killChild } from '../tools/shared/fork.ts';
import type { Clients } from './backing-services.ts';
import { settle, withClients } from './backing-services.ts';
import type { BareWork } from './bare-work.ts';
import { startBareServer } from './contenders.ts';
import { fill, turn } from './conversations.ts';
import type { CpuPerCommand } from '../tools/shared/cpu-time.ts';
import { cpuPerCall } from '../tools/shared/cpu-time.ts';
import { inFlight, measureCpu, measureReads } from './cpu.ts';
import { sharesByProcess, withProfiles } from './profiles.ts';
import type { Stretch } from './stages.ts';

/** CPU time of the calls in µs, by process. */
interface Calls {
  readonly command: CpuPerCommand;
  readonly read: CpuPerCommand;
}

export interface CommandCost {
  /** With encryption and access checks. */
  readonly checked: Calls;
  /** Without encryption and access checks. */
  readonly open: Calls;
  /** CPU time of other programs on the same services. */
  readonly bare: {
    readonly append: CpuPerCommand;
    readonly insert: CpuPerCommand;
    readonly post: CpuPerCommand;
    readonly read: CpuPerCommand;
  };
  /** The parts of `checked` in µs, by process and stage, from a profiled run. */
  readonly stages: { readonly [call in keyof Calls]: Readonly<Record<string, CpuPerCommand>> };
}

/** A running system. */
interface Target {
  readonly clients: Clients;
  readonly pids: ReadonlyMap<string, number>;
  readonly env: Readonly<Record<string, string>>;
}

const sessionsRead = 64;
const readTurns = 10;
const noAccessChecks = { AUTH_ISSUER: '', AUTH_JWKS: '' };
/** The bare program's name among the processes. */
export const program = 'program';

/**
 * Measures the CPU time of a command and of a context read beside that of bare programs, and its distribution over
 * the stages.
 */
export async function measureCommandCost(
  count: number,
  report: (text: string) => void,
): Promise<CommandCost> {
  await build();
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-bench-'));
  const { TURNSTREAM_BUILT: built = '' } = process.env;
  process.env['TURNSTREAM_BUILT'] = '1';
  try {
    const [checked, bare] = await withTarget(keysIn(dir, 'checked'), async (target) => {
      report('with encryption and access checks');
      const calls = await measureCalls(target, count);
      report('bare programs');
      return [calls, await measureBare(target, count)] as const;
    });
    report('without encryption and access checks');
    const open = await withTarget(noAccessChecks, (target) => measureCalls(target, count));
    report('with encryption and access checks, profiled');
    const stages = await profiled(dir, checked, count);
    return { checked, open, bare, stages };
  } finally {
    process.env['TURNSTREAM_BUILT'] = built;
    rmSync(dir, { recursive: true, force: true });
  }
}

function withTarget<T>(
  env: Readonly<Record<string, string>>,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  return withSystem({ env }, ({ apis: [api = ''], env: services, supervisor }) =>
    withClients({ api, env: services }, (clients) =>
      work({ clients, pids: new Map(supervisor.pids), env: services }),
    ),
  );
}

/** The variables of a system with keys. */
function keysIn(dir: string, name: string): Readonly<Record<string, string>> {
  const masterKeys = join(dir, `${name}-master-keys.json`);
  initKeyFile(masterKeys);
  return {
    KEYSTORE_URL: `file:${join(dir, `${name}-keys.db`)}`,
    MASTER_KEYS: `file:${masterKeys}`,
    SEAL_TOGETHER: 'on',
  };
}

async function measureCalls({ clients, pids }: Target, count: number): Promise<Calls> {
  const command = await measureCpu(clients, pids, count);
  const ids = await readable(clients);
  await measureReads(clients.turnstream, pids, ids, Math.min(1_000, count));
  return { command, read: await measureReads(clients.turnstream, pids, ids, count) };
}

/** Sessions whose contexts in Redis were written by the projector of this system. */
async function readable(clients: Clients): Promise<string[]> {
  const ids = await fill(clients.store, sessionsRead, 0);
  const sessions = ids.map((id) => clients.turnstream.session(id));
  for (let count = 0; count < readTurns; count += 1)
    await Promise.all(sessions.map((session) => session.recordTurn(turn)));
  await settle(clients, ids);
  return ids;
}

async function measureBare(target: Target, count: number): Promise<CommandCost['bare']> {
  const { clients, pids, env } = target;
  const child = forkProgram(join(import.meta.dirname, 'bare-work.ts'), env);
  const server = await startBareServer(clients, await readable(clients));
  try {
    await nextMessage(child);
    const ofWork = async (kind: BareWork['kind']): Promise<CpuPerCommand> => {
      const work = async (calls: number): Promise<void> => {
        child.send({ kind, count: calls, inFlight } satisfies BareWork);
        await nextMessage(child);
      };
      await work(Math.min(2_000, count));
      return cpuPerCall(withPid(pids, child.pid), count, () => work(count));
    };
    const ids = await readable(clients);
    const posts = async (): Promise<void> => {
      let left = count;
      const caller = async (id: string): Promise<void> => {
        while (left-- > 0) await server.client.session(id).recordTurn(turn);
      };
      await Promise.all(ids.map(caller));
    };
    const withServer = withPid(pids, server.pid);
    await posts();
    return {
      append: await ofWork('append'),
      insert: await ofWork('insert'),
      post: await cpuPerCall(withServer, count, posts),
      read: await measureReads(server.client, withServer, ids, count),
    };
  } finally {
    await server.close();
    await killChild(child);
    await clients.pool.query('DROP TABLE IF EXISTS bench_turn');
  }
}

async function nextMessage(child: ReturnType<typeof forkProgram>): Promise<void> {
  await once(child, 'message', { signal: AbortSignal.timeout(300_000) });
}

function withPid(pids: ReadonlyMap<string, number>, pid = 0): ReadonlyMap<string, number> {
  return new Map([[program, pid], ...pids]);
}

/** Runs the calls again under the profiler, and divides the CPU time measured without it among the stages. */
async function profiled(dir: string, measured: Calls, count: number): Promise<CommandCost['stages']> {
  const profiles = join(dir, 'profiles');
  mkdirSync(profiles);
  const { pids, stretches } = await withProfiles(profiles, () =>
    withTarget(keysIn(dir, 'profiled'), async ({ clients, pids: known }) => {
      const command = await stretchOf(() => measureCpu(clients, known, count));
      const ids = await readable(clients);
      const read = await stretchOf(() => measureReads(clients.turnstream, known, ids, count));
      return { pids: known, stretches: { command, read } };
    }),
  );
  const stagesOf = (call: keyof Calls): Record<string, CpuPerCommand> =>
    Object.fromEntries(
      [...sharesByProcess(profiles, pids, stretches[call])].map(([name, shares]) => [
        name,
        Object.fromEntries([...shares].map(([stage, share]) => [stage, share * (measured[call][name] ?? 0)])),
      ]),
    );
  return { command: stagesOf('command'), read: stagesOf('read') };
}

async function stretchOf(work: () => Promise<unknown>): Promise<Stretch> {
  const from = monotonicMicros();
  await work();
  return { from, to: monotonicMicros() };
}

function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
