import type { Random } from '../common/random.ts';
import type { Fault } from '../faults/plan.ts';

/**
 * The erasure of a partner during the load: when (ms into the load), which slot, and how long commands continue
 * meanwhile.
 */
export interface PlannedErasure {
  readonly at: number;
  /** Selects the slot. From 0 to just under 1. */
  readonly slot: number;
  /** The id of the partner that replaces the erased one. */
  readonly next: string;
  readonly forMs: number;
}

const forMs = [300, 2_500] as const;

/** The erasures of a run, the first one during one of its faults; the same seed gives the same ones. */
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
