import { sleep } from '#platform';

/** The result of one slice of load. */
export interface Slice {
  readonly perSecond: number;
  /** Milliseconds, unsorted. */
  readonly latencies: readonly number[];
}

/** Keeps `inFlight` calls in progress for `ms` milliseconds; each caller awaits its call before the next one. */
export async function load(
  inFlight: number,
  ms: number,
  call: (caller: number) => Promise<unknown>,
): Promise<Slice> {
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + ms;
  const caller = async (index: number): Promise<void> => {
    for (let now = performance.now(); now < end;) {
      await call(index);
      const after = performance.now();
      latencies.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, index) => caller(index)));
  return { perSecond: (latencies.length * 1_000) / (performance.now() - start), latencies };
}

/** Calls at a fixed rate for `ms` milliseconds, whether or not the earlier ones have returned. */
export async function paced(
  perSecond: number,
  ms: number,
  call: (index: number) => Promise<unknown>,
): Promise<void> {
  const calls: Promise<unknown>[] = [];
  const start = performance.now();
  const total = Math.floor((perSecond * ms) / 1_000);
  while (calls.length < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - start) * perSecond) / 1_000));
    while (calls.length < due) calls.push(call(calls.length));
    await sleep(2);
  }
  await Promise.all(calls);
}
