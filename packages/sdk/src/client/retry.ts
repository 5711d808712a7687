import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable } from './errors.ts';

const firstDelayMs = 50;
const maxDelayMs = 2_000;
const maxAttempts = 50;

export interface RetryOptions {
  /** Time limit for all attempts, in milliseconds; 0 tries once. */
  readonly forMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Repeats an attempt while it throws {@link Unavailable}, within the time and 50 times at most. The delays grow
 * exponentially, are random between nothing and that, and never shorter than Retry-After.
 */
export async function retry<T>(attempt: () => Promise<T>, { forMs, signal }: RetryOptions): Promise<T> {
  const startedAt = performance.now();
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Unavailable) || failures + 1 >= maxAttempts) throw error;
      const delay = backoffMs(failures, error.problem.retry_after_s);
      if (performance.now() - startedAt + delay > forMs) throw error;
      await sleep(delay, undefined, { signal });
    }
  }
}

/**
 * The delay in milliseconds after a failure that had this many failures before it. What is random is as long as Retry-After
 * at least, so that clients that were refused together do not come back together.
 */
export function backoffMs(failures: number, retryAfterS = 0, random: number = Math.random()): number {
  const wait = retryAfterS * 1_000;
  const delay = Math.min(maxDelayMs, firstDelayMs * 2 ** failures);
  return wait + Math.max(delay, wait) * random;
}
