import { withSystem } from '#launcher';
import { bareReads, contextReads, rawAppends, recordTurn } from './contenders.ts';
import type { Contender } from './contenders.ts';
import { fill } from './conversations.ts';
import { median, percentile } from '../tools/shared/statistics.ts';
import type { Clients } from './backing-services.ts';
import { settle, withClients } from './backing-services.ts';
import type { CpuPerCommand } from '../tools/shared/cpu-time.ts';
import { canMeasureCpu } from '../tools/shared/cpu-time.ts';
import { measureCpu } from './cpu.ts';
import type { Lag } from './lag.ts';
import { measureLag } from './lag.ts';
import { load } from './load.ts';
import type { Slice } from './load.ts';

interface Size {
  readonly inFlight: readonly number[];
  readonly lengths: readonly number[];
  readonly rounds: number;
  readonly sliceMs: number;
  readonly lagMs: number;
  readonly cpuCommands: number;
}

export const fullSize: Size = {
  inFlight: [16, 64],
  lengths: [10, 1_000, 10_000],
  rounds: 7,
  sliceMs: 1_500,
  lagMs: 15_000,
  cpuCommands: 16_000,
};
export const quickSize: Size = {
  inFlight: [16],
  lengths: [10, 1_000],
  rounds: 2,
  sliceMs: 500,
  lagMs: 3_000,
  cpuCommands: 4_000,
};

export interface Line {
  readonly name: string;
  readonly in_flight: number;
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** Relative to the compared contender: the median of the rounds' ratios. */
  readonly ratio?: { readonly to: string; readonly value: number };
}

export interface Results {
  readonly lines: readonly Line[];
  readonly lag: Lag & { readonly per_second: number };
  /** Only of a private system, whose processes are known. */
  readonly cpu?: CpuPerCommand;
}

const commandsPerSecond = 500;
const contextsRead = 64;

/** Runs the benchmark on a private system. */
export function benchPrivateSystem(size: Size, report: (text: string) => void): Promise<Results> {
  return withSystem({}, ({ apis: [api = ''], env, supervisor }) =>
    withClients({ api, env }, async (clients) => {
      const results = await runBench(clients, size, report);
      if (!canMeasureCpu) return results;
      report('CPU time of a command, by process');
      return { ...results, cpu: await measureCpu(clients, supervisor.pids, size.cpuCommands) };
    }),
  );
}

/** Runs the contenders in rounds, with a time slice for every contender in each, so that noise affects all alike. */
export async function runBench(
  clients: Clients,
  size: Size,
  report: (text: string) => void = () => undefined,
): Promise<Results> {
  const lines: Line[] = [];
  const ids = await fill(clients.store, contextsRead, 20);
  await settle(clients, ids);
  const raw = rawAppends(clients, { followed: true });
  const unread = rawAppends(clients, { followed: false });
  const turns = size.lengths.map((length) => recordTurn(clients, length));
  const bare = await bareReads(clients, ids);
  const reads = contextReads(clients, ids);
  const pairs = new Map<Contender, Contender>([[reads, bare], ...turns.map((item) => [item, raw] as const)]);
  try {
    for (const inFlight of size.inFlight) {
      report(`${inFlight} in flight: filling conversations, then ${size.rounds} rounds`);
      const slices = await rounds([unread, raw, ...turns, bare, reads], inFlight, size, report);
      lines.push(...[...slices].map(([item, own]) => lineOf(item, own, inFlight, pairs, slices)));
    }
  } finally {
    await bare.close();
  }
  report(`${commandsPerSecond} commands a second: from the acknowledgement to context and row`);
  const lag = await measureLag(clients, { perSecond: commandsPerSecond, ms: size.lagMs });
  return { lines, lag: { per_second: commandsPerSecond, ...lag } };
}

/** Gives each contender a time slice in every round, after a warm-up round. */
export async function rounds(
  contenders: readonly Contender[],
  inFlight: number,
  { rounds: count, sliceMs }: Pick<Size, 'rounds' | 'sliceMs'>,
  report: (text: string) => void,
): Promise<Map<Contender, Slice[]>> {
  const slices = new Map(contenders.map((contender): [Contender, Slice[]] => [contender, []]));
  for (let round = -1; round < count; round += 1) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      await contender.prepare(inFlight);
      const slice = await load(inFlight, sliceMs, (caller) => contender.call(caller));
      await contender.rest();
      if (round >= 0) slices.get(contender)?.push(slice);
    }
    report(round < 0 ? 'warmed up' : `round ${round + 1} of ${count}`);
  }
  return slices;
}

function lineOf(
  contender: Contender,
  own: readonly Slice[],
  inFlight: number,
  pairs: ReadonlyMap<Contender, Contender>,
  slices: ReadonlyMap<Contender, readonly Slice[]>,
): Line {
  const latencies = own.flatMap((slice) => slice.latencies);
  const other = pairs.get(contender);
  const others = other === undefined ? [] : (slices.get(other) ?? []);
  const ratios = own.map(({ perSecond }, index) => perSecond / (others[index]?.perSecond ?? NaN));
  return {
    name: contender.name,
    in_flight: inFlight,
    per_second: Math.round(median(own.map(({ perSecond }) => perSecond))),
    p50_ms: percentile(latencies, 0.5),
    p99_ms: percentile(latencies, 0.99),
    ...(other === undefined ? {} : { ratio: { to: other.name, value: median(ratios) } }),
  };
}
