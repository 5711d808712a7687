import { setTimeout as sleep } from 'node:timers/promises';
import { clientClosed, Unavailable } from './errors.ts';
import { timerMs } from './timer.ts';

const firstDelayMs = 50;
const maxDelayMs = 2_000;
const maxAttempts = 50;

export interface RetryOptions {
  /** Time limit for all attempts, in milliseconds; 0 tries once. */
  readonly forMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Repeats an attempt while it throws {@link Unavailable}, within the time limit and at most 50 times. Each delay is random, up to an
 * exponentially growing maximum, and never shorter than Retry-After. If the answer names the request's turn
 * (`retry_after_ms`), the delay is that time.
 */
export async function retry<T>(attempt: () => Promise<T>, { forMs, signal }: RetryOptions): Promise<T> {
  const startedAt = performance.now();
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Unavailable) || error.problem === clientClosed) throw error;
      if (failures + 1 >= maxAttempts) throw error;
      const { retry_after_s, retry_after_ms } = error.problem;
      const delay =
        retry_after_ms === undefined ? backoffMs(failures, retry_after_s) : turnMs(retry_after_ms);
      if (performance.now() - startedAt + delay > forMs) throw error;
      await sleep(timerMs(delay), undefined, { signal });
    }
  }
}

/**
 * The delay in milliseconds after a failure, given the number of failures before it. The random part is at least as long as
 * Retry-After, so that clients that were refused together do not return together.
 */
export function backoffMs(failures: number, retryAfterS = 0, random: number = Math.random()): number {
  const wait = retryAfterS * 1_000;
  const delay = Math.min(maxDelayMs, firstDelayMs * 2 ** failures);
  return wait + Math.max(delay, wait) * random;
}

/** The delay until the turn that a request was told, in milliseconds: each has another one, so little has to be random. */
export function turnMs(retryAfterMs: number, random: number = Math.random()): number {
  return retryAfterMs + firstDelayMs * random;
}
