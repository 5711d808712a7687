import { bareReads, contextReads, rawAppends, recordTurn } from './contenders.ts';
import type { Contender } from './contenders.ts';
import { fill } from './conversations.ts';
import type { Engines } from './engines.ts';
import { settle } from './engines.ts';
import type { Lag } from './lag.ts';
import { measureLag } from './lag.ts';
import { load, median, percentile } from './load.ts';
import type { Slice } from './load.ts';

export interface Size {
  readonly inFlight: readonly number[];
  readonly lengths: readonly number[];
  readonly rounds: number;
  readonly sliceMs: number;
  readonly lagMs: number;
}

export const fullSize: Size = {
  inFlight: [16, 64],
  lengths: [10, 1_000, 10_000],
  rounds: 7,
  sliceMs: 1_500,
  lagMs: 15_000,
};
export const quickSize: Size = {
  inFlight: [16],
  lengths: [10, 1_000],
  rounds: 2,
  sliceMs: 500,
  lagMs: 3_000,
};

export interface Line {
  readonly name: string;
  readonly in_flight: number;
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** Against the contender it is compared with: the median of the rounds' ratios. */
  readonly ratio?: { readonly to: string; readonly value: number };
}

export interface Results {
  readonly lines: readonly Line[];
  readonly lag: {
    readonly per_second: number;
    readonly acknowledged: Lag;
    readonly context: Lag;
    readonly row: Lag;
  };
}

const commandsPerSecond = 500;
const contextsRead = 64;

/** Runs everything side by side: in each round each contender has a slice of time, so noise meets all alike. */
export async function runBench(
  engines: Engines,
  size: Size,
  say: (text: string) => void = () => undefined,
): Promise<Results> {
  const lines: Line[] = [];
  const ids = await fill(engines.store, contextsRead, 20);
  await settle(engines, ids);
  const raw = rawAppends(engines, { followed: true });
  const unread = rawAppends(engines, { followed: false });
  const turns = size.lengths.map((length) => recordTurn(engines, length));
  const bare = await bareReads(engines, ids);
  const reads = contextReads(engines, ids);
  const pairs = new Map<Contender, Contender>([[reads, bare], ...turns.map((item) => [item, raw] as const)]);
  for (const inFlight of size.inFlight) {
    say(`${inFlight} in flight: filling conversations, then ${size.rounds} rounds`);
    const slices = await rounds([unread, raw, ...turns, bare, reads], inFlight, size, say);
    lines.push(...[...slices].map(([item, own]) => lineOf(item, own, inFlight, pairs, slices)));
  }
  await bare.close();
  say(`${commandsPerSecond} commands a second: from the acknowledgement to context and row`);
  const lag = await measureLag(engines, { perSecond: commandsPerSecond, ms: size.lagMs });
  return { lines, lag: { per_second: commandsPerSecond, ...lag } };
}

async function rounds(
  contenders: readonly Contender[],
  inFlight: number,
  { rounds: count, sliceMs }: Size,
  say: (text: string) => void,
): Promise<Map<Contender, Slice[]>> {
  const slices = new Map(contenders.map((contender): [Contender, Slice[]] => [contender, []]));
  for (let round = -1; round < count; round += 1) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      await contender.prepare(inFlight);
      const slice = await load(inFlight, sliceMs, (lane) => contender.call(lane));
      await contender.rest();
      if (round >= 0) slices.get(contender)?.push(slice);
    }
    say(round < 0 ? 'warm' : `round ${round + 1} of ${count}`);
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
