import type { Random } from '../common/random.ts';
import type { Fault } from '../faults/plan.ts';

/** A partner is erased while its session goes on: when (ms after the load), whose, and for how long commands go on meanwhile. */
export interface PlannedErasure {
  readonly at: number;
  /** Chooses the slot. From 0 to just under 1. */
  readonly slot: number;
  /** The id of the partner that takes the place. */
  readonly next: string;
  readonly forMs: number;
}

const forMs = [300, 2_500] as const;

/** The erasures of a run, the first while one of its faults is on; the same seed gives the same ones. */
export function drawErasures(
  random: Random,
  { loadMs, erasures, faults }: { loadMs: number; erasures: number; faults: readonly Fault[] },
): PlannedErasure[] {
  const part = (0.8 * loadMs) / Math.max(1, erasures);
  const fault = faults.length > 0 ? random.pick(faults) : undefined;
  return Array.from({ length: erasures }, (_, n) => ({
    at: Math.round(n === 0 && fault ? fault.at + fault.forMs / 3 : (n + 0.2 + 0.6 * random.next()) * part),
    slot: random.next(),
    next: `P-${random.uuid()}`,
    forMs: random.int(...forMs),
  }));
}
