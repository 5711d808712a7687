import { waitUntil } from '#platform';
import type { Collection, Held, Processes } from './processes.ts';

const isSame = (one: number, other: number): boolean => Math.abs(one - other) <= 0.02 * one;
/** Idle processes still read occasionally. */
const backgroundCalls = 8;

/** The resources of the processes once they no longer change: connections and calls take a moment to end. */
export async function settled(
  processes: Processes,
  collection: Collection = 'thorough',
): Promise<Map<string, Held>> {
  let held = await processes.held(collection);
  const rests = async (): Promise<boolean> => {
    const before = held;
    held = await processes.held(collection);
    return [...held].every(([name, { heapUsed, heldCalls }]) => {
      const earlier = before.get(name);
      if (earlier === undefined) return false;
      const calls = Math.abs(heldCalls - earlier.heldCalls);
      return calls <= backgroundCalls && isSame(heapUsed, earlier.heapUsed);
    });
  };
  await waitUntil(rests, { what: 'the processes to come to rest', timeoutMs: 120_000, everyMs: 2_000 });
  return held;
}
