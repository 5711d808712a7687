/** The value below which this share of the values lies; 0 for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The median and the 99th percentile of durations, in the unit of the values. */
export interface Latency {
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
}

export function latencyOf(values: readonly number[]): Latency {
  return { samples: values.length, p50: percentile(values, 0.5), p99: percentile(values, 0.99) };
}
