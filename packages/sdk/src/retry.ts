import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable } from './errors.ts';

const firstDelayMs = 50;
const longestDelayMs = 2_000;

export interface RetryOptions {
  /** How long to try altogether, in milliseconds; 0 tries once. */
  readonly forMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs what is safe to run again until it gives a result, fails for good, or the time is over. Waits longer each time,
 * by a random share so that many clients do not come back at once, and never shorter than Retry-After says.
 */
export async function withRetries<T>(attempt: () => Promise<T>, { forMs, signal }: RetryOptions): Promise<T> {
  const begun = performance.now();
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      const delay = delayMs(failures, error.problem.retry_after_s);
      if (performance.now() - begun + delay > forMs) throw error;
      await sleep(delay, undefined, { signal });
    }
  }
}

/** The pause after the given number of failures before this one. */
export function delayMs(failures: number, retryAfterS = 0, random: number = Math.random()): number {
  const backOff = Math.min(longestDelayMs, firstDelayMs * 2 ** failures);
  return retryAfterS * 1_000 + backOff * (0.5 + random / 2);
}
