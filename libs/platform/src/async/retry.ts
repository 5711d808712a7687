import { sleep } from './sleep.ts';

export interface BackOff {
  /** Pause after the first failure, in milliseconds; it doubles with each further one. */
  readonly minMs?: number;
  /** The longest pause, in milliseconds. */
  readonly maxMs?: number;
}

export interface RetryOptions extends BackOff {
  /** Ends the retries. */
  readonly signal?: AbortSignal;
  /** The maximum number of calls of `work`; unlimited by default. */
  readonly attempts?: number;
  /** An attempt that lasted this long (ms) resets the pauses to the shortest; by default never. */
  readonly resetAfterMs?: number;
  /** Whether an error is retryable; by default every error is. Others are thrown at once. */
  readonly isRetryable?: (error: unknown) => boolean;
  /** Called after each failure that is followed by another attempt; attempts count from 1. */
  readonly onRetry?: (error: unknown, attempt: number) => void;
}

/** The pause after the n-th failure (from 1), in milliseconds: exponential, with a quarter of jitter either way. */
export function backOffMs(attempt: number, { minMs = 50, maxMs = 2_000 }: BackOff): number {
  const longest = Math.min(maxMs, minMs * 2 ** (attempt - 1));
  return longest * (0.75 + Math.random() / 2);
}

/**
 * Calls `work` until it succeeds, with a growing pause after each failure.
 * @returns the result, or undefined when the signal aborted first
 * @throws the first error that is not retryable, or the error of the last attempt
 */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions = {}): Promise<T | undefined> {
  const { isRetryable, onRetry, attempts = Infinity, resetAfterMs = Infinity } = options;
  let failures = 0;
  for (let attempt = 1; !options.signal?.aborted; attempt += 1) {
    const began = performance.now();
    try {
      return await work();
    } catch (error) {
      if (attempt >= attempts || isRetryable?.(error) === false) throw error;
      onRetry?.(error, attempt);
      failures = performance.now() - began >= resetAfterMs ? 1 : failures + 1;
      await sleep(backOffMs(failures, options), options.signal);
    }
  }
  return undefined;
}
