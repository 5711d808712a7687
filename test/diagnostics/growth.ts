import type { Held } from './processes.ts';

type Samples = readonly ReadonlyMap<string, Held>[];

/** The allowed growth beside the given share: small numbers vary by one or two. */
const slack = { heapUsed: 1e6, arrayBuffers: 1e6, handles: 4, connections: 4, heldCalls: 4 } as const;
type Measure = keyof typeof slack;
const measures = Object.keys(slack) as Measure[];

/**
 * The values that grew in a process by more than a share, from its first samples to its last; one line each. A
 * process with less than two samples is skipped.
 */
export function growths(samples: Samples, share: number): string[] {
  const names = new Set(samples.flatMap((sample) => [...sample.keys()]));
  return [...names].flatMap((name) => {
    const own = samples.flatMap((sample) => sample.get(name) ?? []);
    if (own.length < 2) return [];
    const part = Math.max(1, Math.floor(own.length / 3));
    return measures.flatMap((measure) => {
      const first = median(own.slice(0, part).map((held) => held[measure]));
      const last = median(own.slice(-part).map((held) => held[measure]));
      if (last <= first * (1 + share) + slack[measure]) return [];
      return [`${measure} of ${name}: ${Math.round(first)}, later ${Math.round(last)}`];
    });
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
}
