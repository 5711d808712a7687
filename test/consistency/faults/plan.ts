import type { Random } from '../common/random.ts';

export type FaultKind =
  | 'kill'
  | 'pause'
  | 'cut'
  | 'delay'
  | 'hang'
  | 'flush'
  | 'disk_full'
  | 'clock'
  | 'rolling_restart'
  | 'partitions'
  | 'nodes'
  | 'agent';

/** One fault: its start (ms into the load), its duration, and numbers that select its victim. */
export interface Fault {
  readonly kind: FaultKind;
  readonly at: number;
  readonly forMs: number;
  /** Selects among the candidates at the start of the fault. From 0 to just under 1. */
  readonly victim: number;
  /** Selects the variant: a signal, a delay, an offset. From 0 to just under 1. */
  readonly way: number;
}

export type Weights = Readonly<Partial<Record<FaultKind, number>>>;

/** The relative frequency of each kind. */
export const allFaults: Weights = {
  kill: 5,
  pause: 4,
  cut: 3,
  delay: 3,
  hang: 2,
  flush: 2,
  disk_full: 1,
  clock: 2,
  rolling_restart: 1,
  partitions: 1,
  nodes: 1,
  agent: 4,
};

interface PlanOptions {
  readonly loadMs: number;
  /** The load is divided into this many parts, in each of which one fault begins. */
  readonly faults: number;
  readonly weights: Weights;
}

const longestMs = 4_000;
const shortestMs = 300;

/** The faults of a run; the same seed gives the same ones. */
export function drawPlan(random: Random, { loadMs, faults, weights }: PlanOptions): Fault[] {
  const part = loadMs / faults;
  return Array.from({ length: faults }, (_, n) => ({
    kind: random.weighted(weights as Record<FaultKind, number>),
    at: Math.round((n + 0.2 + 0.5 * random.next()) * part),
    forMs: random.int(shortestMs, Math.min(longestMs, Math.max(shortestMs, part))),
    victim: random.next(),
    way: random.next(),
  }));
}
