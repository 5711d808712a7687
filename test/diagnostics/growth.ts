import type { Held } from './processes.ts';

type Samples = readonly ReadonlyMap<string, Held>[];

/** The allowed growth beside the given share: small numbers vary by one or two. */
const slack = { heapUsed: 1e6, arrayBuffers: 1e6, handles: 4, connections: 4, heldCalls: 4 } as const;
type Measure = keyof typeof slack;
const measures = Object.keys(slack) as Measure[];

/** Comparable also between a process and the one that replaced it. */
const keptOverRestarts: readonly Measure[] = ['handles', 'connections', 'heldCalls'];

/**
 * The values that grew by more than a share, from the first samples to the last, in a process or in all processes of a name
 * together; one line each. A process with less than two samples is skipped.
 */
export function growths(samples: Samples, share: number): string[] {
  const names = new Set(samples.flatMap((sample) => [...sample.keys()]));
  const kinds = new Set([...names].map(kindOf));
  const grown = (name: string, values: readonly number[], measure: Measure): string[] => {
    const part = Math.max(1, Math.floor(values.length / 3));
    const first = median(values.slice(0, part));
    const last = median(values.slice(-part));
    if (values.length < 2 || last <= first * (1 + share) + slack[measure]) return [];
    return [`${measure} of ${name}: ${Math.round(first)}, later ${Math.round(last)}`];
  };
  return [
    ...[...names].flatMap((name) => {
      const own = samples.flatMap((sample) => sample.get(name) ?? []);
      return measures.flatMap((measure) =>
        grown(
          name,
          own.map((held) => held[measure]),
          measure,
        ),
      );
    }),
    ...[...kinds].flatMap((kind) =>
      keptOverRestarts.flatMap((measure) => grown(`all ${kind}`, sums(samples, kind, measure), measure)),
    ),
  ];
}

/** The name of a process without its id. */
function kindOf(name: string): string {
  return name.replace(/-\d+$/, '');
}

function sums(samples: Samples, kind: string, measure: Measure): number[] {
  return samples
    .map((sample) => [...sample].filter(([name]) => kindOf(name) === kind))
    .filter((own) => own.length > 0)
    .map((own) => own.reduce((sum, [, held]) => sum + held[measure], 0));
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
}
