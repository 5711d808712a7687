/** What one slice of load gave. */
export interface Slice {
  readonly perSecond: number;
  /** Milliseconds, unsorted. */
  readonly latencies: readonly number[];
}

/** Keeps `inFlight` calls under way for `ms` milliseconds; each lane awaits its call before the next one. */
export async function load(
  inFlight: number,
  ms: number,
  call: (lane: number) => Promise<unknown>,
): Promise<Slice> {
  const latencies: number[] = [];
  const begun = performance.now();
  const end = begun + ms;
  const lane = async (index: number): Promise<void> => {
    for (let now = performance.now(); now < end;) {
      await call(index);
      const after = performance.now();
      latencies.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, index) => lane(index)));
  return { perSecond: (latencies.length * 1_000) / (performance.now() - begun), latencies };
}

/** Calls at a fixed rate for `ms` milliseconds, whether the earlier ones are back or not. */
export async function paced(
  perSecond: number,
  ms: number,
  call: (index: number) => Promise<unknown>,
): Promise<void> {
  const calls: Promise<unknown>[] = [];
  const begun = performance.now();
  const total = Math.floor((perSecond * ms) / 1_000);
  while (calls.length < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - begun) * perSecond) / 1_000));
    while (calls.length < due) calls.push(call(calls.length));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(calls);
}

/** The value below which the share of the values lies; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
