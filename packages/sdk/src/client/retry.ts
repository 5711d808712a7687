import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable } from './errors.ts';

const firstDelayMs = 50;
const maxDelayMs = 2_000;

export interface RetryOptions {
  /** Time limit for all attempts, in milliseconds; 0 tries once. */
  readonly forMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Repeats an attempt while it throws {@link Unavailable}. The delay grows exponentially, has jitter, and is never
 * shorter than Retry-After.
 */
export async function retry<T>(attempt: () => Promise<T>, { forMs, signal }: RetryOptions): Promise<T> {
  const startedAt = performance.now();
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      const delay = backoffMs(failures, error.problem.retry_after_s);
      if (performance.now() - startedAt + delay > forMs) throw error;
      await sleep(delay, undefined, { signal });
    }
  }
}

/** The delay in milliseconds after a failure that had this many failures before it. */
export function backoffMs(failures: number, retryAfterS = 0, random: number = Math.random()): number {
  const delay = Math.min(maxDelayMs, firstDelayMs * 2 ** failures);
  return retryAfterS * 1_000 + delay * (0.5 + random / 2);
}
